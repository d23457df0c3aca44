// SPDX-License-Identifier: Apache-2.0
//
// Two listings of one function, line by line beside each other.
#pragma once

#include <string>
#include <vector>

#include "delta/disassembly.h"

namespace suture {

enum class CodeStatus : std::uint8_t {
  kSame,
  kChanged,  ///< the same kind of instruction in the same place, on other operands
  kRemoved,
  kAdded,
};

struct CodeRow {
  CodeStatus status = CodeStatus::kSame;
  std::size_t before = kNoLine;  ///< index of a line; kNoLine for what is added
  std::size_t after = kNoLine;   ///< kNoLine for what is removed
  bool operator==(const CodeRow&) const = default;
};

/// All lines of both, each in its order. Time and memory stay within bounds for any two listings: a rewritten
/// function of tens of thousands of instructions is then not told apart as finely as could be.
std::vector<CodeRow> align_code(const Listing& before, const Listing& after);

/// ".L3" for each line that is jumped to, else empty. Lines beside each other share theirs, so that a jump
/// reads the same on both sides as long as it does the same.
struct CodeLabels {
  std::vector<std::string> before;
  std::vector<std::string> after;
};
CodeLabels label_code(const Listing& before, const Listing& after, const std::vector<CodeRow>& rows);

/// The line with its target.
std::string line_text(const CodeLine& line, const std::vector<std::string>& labels);

}  // namespace suture
