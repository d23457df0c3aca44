// SPDX-License-Identifier: Apache-2.0
//
// One function of an object or a patchset, and the same one before: in another object, or as the kernel
// ships it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/code_view.h"
#include "delta/disassembly.h"
#include "elf/object.h"
#include "patchset/patchset.h"

namespace suture::cli {

struct FunctionRequest {
  std::string name;
  Syntax syntax = Syntax::kAtt;
  std::string original;  ///< an object that holds the function before; empty: none
  std::string store;     ///< folder of targets; empty: the default one
  std::string target;    ///< the kernel that ships it; empty: the patchset's own, if the store has it
};

struct FunctionViews {
  std::vector<FunctionView> views;  ///< one for each part of the function, and each function of that name
  std::vector<std::string> notes;   ///< what could not be shown, and why
};

/// `from` names the object to the reader. `patchset`: the manifest of which it is the module.
/// "inspect.no-function", "inspect.ambiguous-function", and what reading the store or the original says.
Result<FunctionViews> function_views(const elf::Object& object, const std::string& from,
                                     const std::optional<Patchset>& patchset, const FunctionRequest& request);

}  // namespace suture::cli
