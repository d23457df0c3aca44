// SPDX-License-Identifier: Apache-2.0
//
// A fix that adds a line moves all lines below it, and with them each `__LINE__`: in warnings, in ext4's and
// xfs's error reports, in the names that macros make. None of these functions changed, yet all would differ.
// So below each such place the patched source says `#line`, and goes on with the number that it had.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace suture {

/// Lines of a file that took the place of others. Counted from 1, as in the head of a hunk of `diff -U0`.
struct LineChange {
  std::size_t old_line = 0;   ///< the first one taken out; of none, the one before the place
  std::size_t old_count = 0;  ///< lines taken out
  std::size_t new_line = 0;
  std::size_t new_count = 0;
};

/// From what `diff -U0` prints; other lines are ignored.
std::vector<LineChange> parse_line_changes(std::string_view diff);

/// `text` with a #line directive behind each change that moved the lines below it. Where the line before ends
/// with a backslash, so that a directive would become part of a macro, it follows as soon as it can.
std::string with_line_numbers_kept(std::string_view text, const std::vector<LineChange>& changes);

/// Rewrites `patched` so that what it has in common with `original` keeps its line numbers.
Result<void> keep_line_numbers(const std::filesystem::path& original, const std::filesystem::path& patched);

}  // namespace suture
