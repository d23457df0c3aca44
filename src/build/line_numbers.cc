// SPDX-License-Identifier: Apache-2.0
#include "build/line_numbers.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "base/file.h"
#include "base/lines.h"
#include "base/process.h"

namespace suture {
namespace {

constexpr std::size_t kLargestSource = 64u << 20;

/// "12" or "12,3" behind `sign`; a count that is not there is 1.
bool parse_range(std::string_view& text, char sign, std::size_t& line, std::size_t& count) {
  const std::size_t at = text.find(sign);
  if (at == std::string_view::npos) return false;
  const char* const end = text.data() + text.size();
  auto [next, error] = std::from_chars(text.data() + at + 1, end, line);
  if (error != std::errc{}) return false;
  count = 1;
  if (next != end && *next == ',') {
    const auto [after, wrong] = std::from_chars(next + 1, end, count);
    if (wrong != std::errc{}) return false;
    next = after;
  }
  text.remove_prefix(static_cast<std::size_t>(next - text.data()));
  return true;
}

}  // namespace

std::vector<LineChange> parse_line_changes(std::string_view diff) {
  std::vector<LineChange> changes;
  while (!diff.empty()) {
    std::string_view line = take_line(diff);
    if (!line.starts_with("@@ ")) continue;
    LineChange change;
    if (parse_range(line, '-', change.old_line, change.old_count) &&
        parse_range(line, '+', change.new_line, change.new_count)) {
      changes.push_back(change);
    }
  }
  return changes;
}

std::string with_line_numbers_kept(std::string_view text, const std::vector<LineChange>& changes) {
  std::string result;
  auto next = changes.begin();
  std::size_t number = 0;     // of the line at hand, in the patched file
  std::size_t shift_new = 0;  // lines in front of it which the fix added …
  std::size_t shift_old = 0;  // … and took out
  bool owed = false;          // a directive is due
  bool continued = false;     // the line before ends with a backslash
  while (!text.empty()) {
    const bool whole = text.find('\n') != std::string_view::npos;
    const std::string_view line = take_line(text);
    ++number;
    while (next != changes.end() && number >= next->new_line + (next->new_count == 0 ? 1 : next->new_count)) {
      owed = owed || next->old_count != next->new_count;
      shift_new += next->new_count;
      shift_old += next->old_count;
      ++next;
    }
    const bool within = next != changes.end() && next->new_count != 0 && number >= next->new_line;
    if (owed && !continued && !within) {
      result += fmt::format("#line {}\n", number - shift_new + shift_old);
      owed = false;
    }
    result += line;
    if (whole) result += '\n';
    continued = line.ends_with('\\');
  }
  return result;
}

Result<void> keep_line_numbers(const std::filesystem::path& original, const std::filesystem::path& patched) {
  const Finished diff = TRY(run({.argv = {"diff", "--text", "-U0", original.string(), patched.string()},
                                 .environment = {{"LC_ALL", "C"}}}));
  if (diff.status > 1)
    return fail("build.kept-lines", "compare " + patched.filename().string() + " with what it was",
                diff.err.substr(0, 2000));
  const std::string text = TRY(read_text_file(patched, kLargestSource));
  return write_file(patched, with_line_numbers_kept(text, parse_line_changes(diff.out)));
}

}  // namespace suture
