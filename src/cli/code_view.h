// SPDX-License-Identifier: Apache-2.0
//
// A function on the screen, before beside after.
#pragma once

#include <optional>
#include <string>

#include "base/json_fwd.h"
#include "delta/code_diff.h"
#include "delta/disassembly.h"

namespace suture::cli {

/// One function, or a part that the compiler put elsewhere (its `.cold`), in one or two builds.
struct FunctionView {
  std::string name;
  std::string object;  ///< "vmlinux", or a module; empty when that is not known
  Listing after;
  std::string after_from;  ///< whose code it is: "out/suture_1.ko"
  std::optional<Listing> before;
  std::string before_from;
};

struct CodeLayout {
  std::size_t width = 0;  ///< columns of the terminal; 0: there is none, for two columns or colours
  bool whole = false;     ///< also what is far from any change
};

/// As standard output is now: its width, or that of $COLUMNS if that is set.
std::size_t terminal_width();

/// Two columns where they fit; else one, as a unified diff, or as it is when there is nothing to compare.
std::string code_text(const FunctionView& view, const CodeLayout& layout);

/// All instructions, as "lines" in the order of a unified diff.
Json to_json(const FunctionView& view);

}  // namespace suture::cli
