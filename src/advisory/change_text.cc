// SPDX-License-Identifier: Apache-2.0
#include "advisory/change_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"

namespace suture {
namespace {

constexpr std::size_t kContext = 3;
constexpr std::size_t kLargestSource = 16u << 20;

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// How many lines stand before those that go or come.
std::size_t start_of(const ChangedLines& lines) {
  return lines.removed.empty() ? lines.before : lines.before - 1;
}

class DiffOfFile {
 public:
  DiffOfFile(const FileCodeChange& file, std::vector<std::string> lines)
      : file_(file), lines_(std::move(lines)), changes_(file.lines) {
    std::ranges::stable_sort(changes_, {}, start_of);
  }

  Result<std::string> diff() {
    for (const ChangedLines& change : changes_) TRY(check(change));
    std::string text = file_.added ? "--- /dev/null\n" : fmt::format("--- a/{}\n", file_.path);
    text += file_.removed ? "+++ /dev/null\n" : fmt::format("+++ b/{}\n", file_.path);
    for (std::size_t first = 0; first < changes_.size();) {
      std::size_t last = first + 1;
      while (last < changes_.size() && start_of(changes_[last]) <= end_of(changes_[last - 1]) + 2 * kContext)
        ++last;
      text += hunk(first, last);
      first = last;
    }
    return text;
  }

 private:
  static std::size_t end_of(const ChangedLines& lines) { return start_of(lines) + lines.removed.size(); }

  Result<void> check(const ChangedLines& change) const {
    const bool there = (change.removed.empty() || change.before > 0) && end_of(change) <= lines_.size() &&
                       std::equal(change.removed.begin(), change.removed.end(),
                                  lines_.begin() + static_cast<std::ptrdiff_t>(start_of(change)));
    if (there) return {};
    return fail("advisory.other-source", "write the change of " + file_.path + " as a diff",
                fmt::format("line {} is another in this source", change.before));
  }

  void keep(std::size_t from, std::size_t to, std::string& text) const {
    for (std::size_t i = from; i < to; ++i) text += fmt::format(" {}\n", lines_[i]);
  }

  std::string hunk(std::size_t first, std::size_t last) {
    const std::size_t from = start_of(changes_[first]) - std::min(start_of(changes_[first]), kContext);
    const std::size_t to = std::min(end_of(changes_[last - 1]) + kContext, lines_.size());
    std::string text;
    std::size_t at = from;
    std::size_t new_lines = to - from;
    for (std::size_t i = first; i < last; ++i) {
      const ChangedLines& change = changes_[i];
      keep(at, start_of(change), text);
      for (const std::string& line : change.removed) text += fmt::format("-{}\n", line);
      for (const std::string& line : change.added) text += fmt::format("+{}\n", line);
      at = end_of(change);
      new_lines += change.added.size() - change.removed.size();
    }
    keep(at, to, text);
    // Where one side has no lines, the line before them is named.
    const std::size_t old_lines = to - from;
    const std::size_t new_from = from + shift_;
    shift_ += new_lines - old_lines;
    return fmt::format("@@ -{},{} +{},{} @@\n{}", old_lines == 0 ? from : from + 1, old_lines,
                       new_lines == 0 ? new_from : new_from + 1, new_lines, text);
  }

  const FileCodeChange& file_;
  std::vector<std::string> lines_;
  std::vector<ChangedLines> changes_;
  std::size_t shift_ = 0;  ///< how many more lines there are, modulo the type's range
};

}  // namespace

Result<std::string> text_of_change(const CodeChange& change, const std::filesystem::path& source) {
  std::string text;
  for (const FileCodeChange& file : change.files) {
    std::string before;
    if (!file.added) before = TRY(read_text_file(source / file.path, kLargestSource));
    text += TRY(DiffOfFile(file, lines_of(before)).diff());
  }
  return text;
}

}  // namespace suture
