// SPDX-License-Identifier: Apache-2.0
#include "source/unified_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace suture {
namespace {

class DiffReader {
 public:
  DiffReader(std::string_view text, const std::string& what, WithoutHunks without_hunks)
      : rest_(text), what_(what), skips_(without_hunks == WithoutHunks::kSkip) {}

  Result<std::vector<DiffFile>> read() {
    while (next()) {
      if (line_.starts_with("--- "))
        TRY(file());
      else if (line_.starts_with("@@ "))
        TRY(hunk());
      else
        TRY(git_header());
    }
    TRY(end_of_git_section());
    for (const DiffFile& entry : files_) {
      if (entry.hunks.empty()) return malformed(entry.path + " has no hunk");
    }
    if (files_.empty())
      return fail("source.diff-empty", what_, "it holds no change",
                  "give a unified diff, as git diff prints it");
    return std::move(files_);
  }

 private:
  std::unexpected<Error> malformed(const std::string& why) const {
    return fail("source.diff-malformed", what_, fmt::format("line {}: {}", number_, why));
  }

  std::unexpected<Error> unsupported(const std::string& why) const {
    return fail("source.diff-unsupported", what_, fmt::format("line {}: {}", number_, why));
  }

  bool next() {
    if (rest_.empty()) return false;
    line_ = rest_.substr(0, rest_.find('\n'));
    rest_.remove_prefix(std::min(line_.size() + 1, rest_.size()));
    ++number_;
    return true;
  }

  /// What git says before the "---" line. A change that no hunk shows must not be lost silently.
  Result<void> git_header() {
    if (line_.starts_with("diff --git ")) {
      TRY(end_of_git_section());
      without_hunk_ = true;
    }
    if (skips_) return {};
    if (line_.starts_with("GIT binary patch") || line_.starts_with("Binary files "))
      return unsupported("it changes a binary file");
    if (line_.starts_with("rename from ") || line_.starts_with("copy from "))
      return unsupported("it renames or copies a file");
    // Regular files are 100644 and 100755; 120000 is a link, 160000 a submodule.
    const bool mode = line_.starts_with("new file mode ") || line_.starts_with("new mode ");
    if (mode && line_.find(" mode 100") == std::string_view::npos)
      return unsupported("it makes a link or another file that is not a regular one");
    return {};
  }

  Result<void> end_of_git_section() const {
    if (without_hunk_ && !skips_) return unsupported("before it, a file is changed without a hunk");
    return {};
  }

  /// "--- a/net/core/sock.c\t(time)" and the "+++" line that follows it.
  Result<void> file() {
    const std::string_view before = line_.substr(4);
    if (!next() || !line_.starts_with("+++ ")) return malformed("no +++ follows the --- line");
    const std::string_view after = line_.substr(4);
    without_hunk_ = false;
    DiffFile entry;
    if (is_null(before)) entry.change = FileChange::kAdded;
    if (is_null(after)) entry.change = FileChange::kRemoved;
    entry.path = TRY(tree_path(entry.change == FileChange::kRemoved ? before : after));
    if (entry.change == FileChange::kChanged && TRY(tree_path(before)) != entry.path && !skips_) {
      return unsupported("it renames a file to " + entry.path);
    }
    // patch(1) undoes the line ends of a diff that was mailed as CRLF when its names end so.
    const std::string_view end = after.ends_with('\r') ? "\t\r\n" : "\t\n";
    const std::string a = entry.change == FileChange::kAdded ? "/dev/null" : "a/" + entry.path;
    const std::string b = entry.change == FileChange::kRemoved ? "/dev/null" : "b/" + entry.path;
    entry.diff = fmt::format("--- {}{}+++ {}{}", a, end, b, end);
    files_.push_back(std::move(entry));
    return {};
  }

  static std::string_view file_name(std::string_view name) {
    name = name.substr(0, name.find('\t'));
    while (name.ends_with('\r') || name.ends_with(' ')) name.remove_suffix(1);
    return name;
  }

  static bool is_null(std::string_view name) { return file_name(name) == "/dev/null"; }

  /// What is left of it after -p1.
  Result<std::string> tree_path(std::string_view name) const {
    name = file_name(name);
    const std::filesystem::path whole{std::string(name)};
    std::filesystem::path path;
    bool first = true;
    bool outside = whole.is_absolute() || name.find('\0') != std::string_view::npos;
    for (const auto& part : whole) {
      outside = outside || part == ".." || part == "." || part.empty();
      if (!first) path /= part;
      first = false;
    }
    if (outside || path.empty()) {
      return fail("source.diff-path", what_,
                  fmt::format("line {}: \"{}\" is no path in a kernel tree", number_, name),
                  "paths are taken as by patch -p1: \"a/net/core/sock.c\"");
    }
    return path.string();
  }

  /// "@@ -a,b +c,d @@": then b lines of the old and d of the new file follow.
  Result<void> hunk() {
    if (files_.empty()) return malformed("a hunk without a file");
    const std::string_view head_line = line_;
    std::string_view head = line_.substr(3);
    DiffHunk read;
    TRY(range(head, '-', read.old_line, read.old_count));
    TRY(range(head, '+', read.new_line, read.new_count));
    const char* const start = rest_.data();
    std::size_t removed = read.old_count;
    std::size_t added = read.new_count;
    while (removed > 0 || added > 0) {
      if (!next()) return malformed("the hunk ends too early");
      const char kind = line_.empty() ? ' ' : line_[0];
      if (kind == '\\') continue;
      const bool old_line = kind == ' ' || kind == '-';
      const bool new_line = kind == ' ' || kind == '+';
      if ((!old_line && !new_line) || (old_line && removed == 0) || (new_line && added == 0)) {
        return malformed("the hunk does not have the lines that its head announces");
      }
      removed -= old_line ? 1 : 0;
      added -= new_line ? 1 : 0;
    }
    // "\\ No newline at end of file"
    if (rest_.starts_with('\\')) next();
    DiffFile& entry = files_.back();
    entry.diff += head_line;
    entry.diff += '\n';
    read.begin = entry.diff.size();
    entry.diff.append(start, rest_.data());
    if (!entry.diff.ends_with('\n')) entry.diff += '\n';
    read.size = entry.diff.size() - read.begin;
    entry.hunks.push_back(read);
    return {};
  }

  /// "-a,b " or "-a": of one line.
  Result<void> range(std::string_view& head, char sign, std::size_t& line, std::size_t& count) const {
    const auto number = [&](std::size_t& value) {
      const auto [end, error] = std::from_chars(head.data(), head.data() + head.size(), value);
      if (error != std::errc{}) return false;
      head.remove_prefix(static_cast<std::size_t>(end - head.data()));
      return true;
    };
    const auto taken = [&](char expected) {
      if (!head.starts_with(expected)) return false;
      head.remove_prefix(1);
      return true;
    };
    count = 1;
    if (!taken(sign) || !number(line) || (taken(',') && !number(count)))
      return malformed("the head of the hunk is not understood");
    taken(' ');
    return {};
  }

  std::string_view rest_;
  std::string what_;
  std::string_view line_;
  std::size_t number_ = 0;
  bool skips_ = false;
  bool without_hunk_ = false;  ///< in a section of git's which has shown none so far
  std::vector<DiffFile> files_;
};

}  // namespace

Result<std::vector<DiffFile>> parse_unified_diff(std::string_view diff, const std::string& what,
                                                 WithoutHunks without_hunks) {
  return DiffReader(diff, what, without_hunks).read();
}

}  // namespace suture
