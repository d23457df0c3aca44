// SPDX-License-Identifier: Apache-2.0
#include "advisory/changed_parts.h"

#include <algorithm>
#include <numeric>

#include "source/unified_diff.h"

namespace suture {
namespace {

using Lines = std::vector<std::string_view>;

constexpr std::size_t kLinesAround = 3;

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    lines.push_back(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(lines.back().size() + 1, text.size()));
  }
  return lines;
}

struct HunkLine {
  char kind = ' ';  ///< ' ', '-', '+'
  std::string_view text{};
};

std::vector<HunkLine> hunk_lines(const DiffFile& file, const DiffHunk& hunk) {
  std::vector<HunkLine> lines;
  for (const std::string_view line : lines_of(file.lines_of(hunk))) {
    if (line.starts_with('\\')) continue;
    // Mailers cut a space that stands alone.
    lines.push_back(line.empty() ? HunkLine{} : HunkLine{.kind = line.front(), .text = line.substr(1)});
  }
  return lines;
}

/// What stands behind the second "@@" of the hunk's head: a line above that begins in the first column.
std::string_view heading_of(const DiffFile& file, const DiffHunk& hunk) {
  std::string_view above = std::string_view(file.diff).substr(0, hunk.begin);
  if (above.ends_with('\n')) above.remove_suffix(1);
  above.remove_prefix(std::min(above.rfind('\n') + 1, above.size()));
  const std::size_t behind = above.find(" @@ ", 3);
  return behind == std::string_view::npos ? std::string_view{} : above.substr(behind + 4);
}

/// The heading as the beginning of a text that goes on inside of what it heads. It may have been cut off.
std::string opened(std::string_view heading) {
  if (heading.empty() || heading.ends_with(':') || heading.starts_with('#')) return {};  // a label
  std::string text(heading);
  if (text.find('{') == text.npos) {
    const auto open = std::ranges::count(text, '(') - std::ranges::count(text, ')');
    if (open > 0) text.append(static_cast<std::size_t>(open), ')');
    text += "\n{";
  }
  return text + "\n";
}

/// One side of a file, with the numbers of its lines.
class Side {
 public:
  Side(std::string_view path, bool is_old, std::optional<std::string> text)
      : path_(path), is_old_(is_old), text_(std::move(text)) {
    if (!text_) return;
    lines_ = lines_of(*text_);
    outline_ = outline_of(path_, *text_);
  }
  // Views of its own text.
  Side(const Side&) = delete;
  Side& operator=(const Side&) = delete;

  bool is_there() const { return text_.has_value(); }
  const std::string& text() const { return *text_; }

  /// Whether the hunk shows this text.
  bool holds(const DiffHunk& hunk, const std::vector<HunkLine>& hunk_lines) const {
    if (!text_) return false;
    std::size_t at = first_line(hunk);
    return std::ranges::all_of(hunk_lines, [&](const HunkLine& line) {
      if (line.kind == other()) return true;
      return at > 0 && at <= lines_.size() && lines_[at++ - 1] == line.text;
    });
  }

  const std::vector<OutlineItem>& outline() const { return outline_; }

  bool defines(const CodeItem& wanted) const {
    return std::ranges::any_of(outline_, [&](const OutlineItem& item) {
      return item.defined && item.kind == wanted.kind && item.name == wanted.name;
    });
  }

  /// The number of the first line of this side that the hunk shows.
  std::size_t first_line(const DiffHunk& hunk) const {
    const std::size_t line = is_old_ ? hunk.old_line : hunk.new_line;
    return (is_old_ ? hunk.old_count : hunk.new_count) == 0 ? line + 1 : line;
  }

  char own() const { return is_old_ ? '-' : '+'; }
  char other() const { return is_old_ ? '+' : '-'; }

 private:
  std::string_view path_;
  bool is_old_;
  std::optional<std::string> text_;
  Lines lines_;
  std::vector<OutlineItem> outline_;
};

/// The hunks applied to one side's text, which gives the other's.
std::optional<std::string> other_side(const DiffFile& file, const Side& side) {
  const Lines lines = lines_of(side.text());
  std::string result;
  std::size_t taken = 0;
  const auto copy_to = [&](std::size_t end) {
    for (; taken < std::min(end, lines.size()); ++taken) {
      result += lines[taken];
      result += '\n';
    }
  };
  for (const DiffHunk& hunk : file.hunks) {
    const auto shown = hunk_lines(file, hunk);
    const std::size_t first = side.first_line(hunk);
    if (!side.holds(hunk, shown) || first == 0 || first - 1 < taken) return std::nullopt;
    copy_to(first - 1);
    for (const HunkLine& line : shown) {
      if (line.kind != side.own()) {
        result += line.text;
        result += '\n';
      }
      if (line.kind != side.other()) ++taken;
    }
  }
  copy_to(lines.size());
  return result;
}

/// Runs of lines that go or come, and what stands around them.
std::vector<ChangedLines> changed_lines(const DiffHunk& hunk, const std::vector<HunkLine>& lines) {
  std::vector<ChangedLines> changes;
  std::size_t old_line = hunk.old_count == 0 ? hunk.old_line + 1 : hunk.old_line;
  std::size_t new_line = hunk.new_count == 0 ? hunk.new_line + 1 : hunk.new_line;
  for (std::size_t i = 0; i < lines.size();) {
    if (lines[i].kind == ' ') {
      ++old_line, ++new_line, ++i;
      continue;
    }
    ChangedLines change;
    for (std::size_t k = i - std::min(i, kLinesAround); k < i; ++k) {
      if (lines[k].kind == ' ')
        change.leading.emplace_back(lines[k].text);
      else
        change.leading.clear();
    }
    for (; i < lines.size() && lines[i].kind != ' '; ++i)
      (lines[i].kind == '-' ? change.removed : change.added).emplace_back(lines[i].text);
    for (std::size_t k = i; k < std::min(i + kLinesAround, lines.size()) && lines[k].kind == ' '; ++k)
      change.trailing.emplace_back(lines[k].text);
    change.before = static_cast<std::uint32_t>(change.removed.empty() ? old_line - 1 : old_line);
    change.after = static_cast<std::uint32_t>(change.added.empty() ? new_line - 1 : new_line);
    old_line += change.removed.size();
    new_line += change.added.size();
    changes.push_back(std::move(change));
  }
  return changes;
}

bool has(const std::vector<CodeItem>& items, const CodeItem& wanted) {
  return std::ranges::any_of(
      items, [&](const CodeItem& item) { return item.kind == wanted.kind && item.name == wanted.name; });
}

class FileReader {
 public:
  FileReader(const DiffFile& file, const FileTexts& texts)
      : file_(file),
        before_(file.path, true, text_of(texts.before, FileChange::kAdded)),
        after_(file.path, false, text_of(texts.after, FileChange::kRemoved)) {}

  ChangedFile read() {
    change_.path = file_.path;
    change_.added = file_.change == FileChange::kAdded;
    change_.removed = file_.change == FileChange::kRemoved;
    if (before_.is_there() && !after_.is_there()) return with(other_side(file_, before_), false);
    if (after_.is_there() && !before_.is_there()) return with(other_side(file_, after_), true);
    return read(before_, after_);
  }

 private:
  /// A file that is not there yet, or no more, is an empty one.
  std::optional<std::string> text_of(const FileText& give, FileChange without) const {
    if (file_.change == without) return std::string();
    return give ? give(file_.path) : std::nullopt;
  }

  ChangedFile with(std::optional<std::string> text, bool is_old) {
    const Side made(file_.path, is_old, std::move(text));
    return is_old ? read(made, after_) : read(before_, made);
  }

  ChangedFile read(const Side& before, const Side& after) {
    const bool knows_before = fits(before);
    const bool knows_after = fits(after);
    for (const DiffHunk& hunk : file_.hunks) {
      const auto lines = hunk_lines(file_, hunk);
      const std::size_t first = change_.parts.size();
      for (ChangedLines& run : changed_lines(hunk, lines))
        change_.parts.push_back({.lines = std::move(run), .items = {}});
      items_of(before, hunk, lines, first);
      items_of(after, hunk, lines, first);
    }
    for (ChangedPart& part : change_.parts) {
      for (CodeItem& item : part.items) {
        item.before = knows_before ? before.defines(item) : !begins_here(new_heads_, old_heads_, item);
        item.after = knows_after ? after.defines(item) : !begins_here(old_heads_, new_heads_, item);
      }
    }
    return std::move(change_);
  }

  /// Whether the diff is of this text.
  bool fits(const Side& side) const {
    return side.is_there() && std::ranges::all_of(file_.hunks, [&](const DiffHunk& hunk) {
             return side.holds(hunk, hunk_lines(file_, hunk));
           });
  }

  /// Its first line is among the lines of one kind, and of that kind only.
  static bool begins_here(const std::vector<CodeItem>& here, const std::vector<CodeItem>& not_here,
                          const CodeItem& item) {
    return has(here, item) && !has(not_here, item);
  }

  /// What the lines that go, or come, are in. The hunk's first run is the part `next`.
  void items_of(const Side& side, const DiffHunk& hunk, const std::vector<HunkLine>& lines,
                std::size_t next) {
    std::vector<OutlineItem> shown;
    const bool exact = side.holds(hunk, lines);
    std::size_t at = exact ? side.first_line(hunk) : 1;
    if (!exact) {
      std::string text = opened(heading_of(file_, hunk));
      at += static_cast<std::size_t>(std::ranges::count(text, '\n'));
      for (const HunkLine& line : lines) {
        if (line.kind == side.other()) continue;
        text += line.text;
        text += '\n';
      }
      shown = outline_of(file_.path, text, OutlineOf::kPart);
    }
    char previous = ' ';
    for (const HunkLine& line : lines) {
      if (line.kind != ' ' && previous == ' ') ++next;
      previous = line.kind;
      if (line.kind == side.other()) continue;
      const auto number = static_cast<std::uint32_t>(at++);
      if (line.kind != side.own()) continue;
      const OutlineItem* item = item_at(exact ? side.outline() : shown, number);
      if (item == nullptr || !item->defined) continue;
      const CodeItem changed{.kind = item->kind, .name = item->name};
      auto& items = change_.parts[next - 1].items;
      if (!has(items, changed)) items.push_back(changed);
      auto& heads = side.own() == '+' ? new_heads_ : old_heads_;
      if (item->first_line == number) heads.push_back(changed);
    }
  }

  const DiffFile& file_;
  Side before_;
  Side after_;
  ChangedFile change_;
  std::vector<CodeItem> old_heads_;  ///< whose first line goes
  std::vector<CodeItem> new_heads_;  ///< or comes
};

}  // namespace

Result<std::vector<ChangedFile>> read_changed_parts(std::string_view diff, const std::string& what,
                                                    const FileTexts& texts) {
  std::vector<ChangedFile> changed;
  for (const DiffFile& file : TRY(parse_unified_diff(diff, what, WithoutHunks::kSkip)))
    changed.push_back(FileReader(file, texts).read());
  return changed;
}

FileCodeChange change_of_parts(const ChangedFile& file, const std::vector<std::size_t>& parts) {
  FileCodeChange change{.path = file.path, .added = file.added, .removed = file.removed};
  for (const std::size_t index : parts) {
    const ChangedPart& part = file.parts[index];
    change.lines.push_back(part.lines);
    for (const CodeItem& item : part.items) {
      if (!has(change.items, item)) change.items.push_back(item);
    }
  }
  return change;
}

FileCodeChange change_of_parts(const ChangedFile& file) {
  std::vector<std::size_t> all(file.parts.size());
  std::iota(all.begin(), all.end(), 0);
  return change_of_parts(file, all);
}

}  // namespace suture
