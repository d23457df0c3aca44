// SPDX-License-Identifier: Apache-2.0
//
// The shortest edit script (E. Myers, "An O(ND) Difference Algorithm and Its Variations", 1986) reads best,
// and is found fast when little differs. Its cost grows with the square of what differs, so it is given up
// beyond kMostEdits; then the lines that occur once in each listing, as far as they keep their order, cut the
// problem into smaller ones (B. Cohen's "patience diff"). What is left after that is a block that was
// rewritten, and shown as one.
#include "delta/code_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>
#include <unordered_map>
#include <utility>

namespace suture {
namespace {

constexpr int kMostEdits = 1000;  // 4 MB for the way back, at the most
constexpr int kMostCuts = 3;      // of a range within a range

using Words = std::vector<std::uint32_t>;  // equal lines have equal numbers
using Match = std::pair<std::size_t, std::size_t>;

class Aligner {
 public:
  Aligner(const Words& before, const Words& after) : before_(before), after_(after) {}

  /// Pairs of equal lines, rising on both sides.
  std::vector<Match> run() {
    align({0, before_.size(), 0, after_.size()}, kMostCuts);
    std::ranges::sort(matches_);
    return std::move(matches_);
  }

 private:
  struct Range {
    std::size_t before, before_end, after, after_end;
  };

  void align(Range range, int cuts) {
    while (range.before < range.before_end && range.after < range.after_end &&
           before_[range.before] == after_[range.after]) {
      matches_.emplace_back(range.before++, range.after++);
    }
    while (range.before < range.before_end && range.after < range.after_end &&
           before_[range.before_end - 1] == after_[range.after_end - 1]) {
      matches_.emplace_back(--range.before_end, --range.after_end);
    }
    if (range.before == range.before_end || range.after == range.after_end) return;
    if (!shortest_script(range) && cuts > 0) cut(range, cuts - 1);
  }

  /// Of the paths with the same number of edits, the furthest one on each diagonal (before - after) is kept.
  bool shortest_script(const Range& range) {
    const auto n = static_cast<int>(range.before_end - range.before);
    const auto m = static_cast<int>(range.after_end - range.after);
    std::vector<std::vector<int>> reached;  // by edits, then diagonal
    std::vector<int> furthest(2 * kMostEdits + 3, 0);
    const auto at = [](int diagonal) {
      return static_cast<std::size_t>(diagonal) + static_cast<std::size_t>(kMostEdits + 1);
    };
    for (int edits = 0; edits <= std::min(kMostEdits, n + m); ++edits) {
      for (int diagonal = -edits; diagonal <= edits; diagonal += 2) {
        const int down = furthest[at(diagonal + 1)];
        const int right = furthest[at(diagonal - 1)] + 1;
        int x = diagonal == -edits || (diagonal != edits && right <= down) ? down : right;
        while (x < n && x - diagonal < m && equal(range, x, x - diagonal)) ++x;
        furthest[at(diagonal)] = x;
        if (x == n && x - diagonal == m) {
          walk_back(range, reached, n, m);
          return true;
        }
      }
      reached.emplace_back(furthest.begin() + static_cast<std::ptrdiff_t>(at(-edits)),
                           furthest.begin() + static_cast<std::ptrdiff_t>(at(edits)) + 1);
    }
    return false;
  }

  bool equal(const Range& range, int x, int y) const {
    return before_[range.before + static_cast<std::size_t>(x)] ==
           after_[range.after + static_cast<std::size_t>(y)];
  }

  void walk_back(const Range& range, const std::vector<std::vector<int>>& reached, int x, int y) {
    for (auto edits = static_cast<int>(reached.size()); edits >= 0; --edits) {
      int from_x = 0;
      int from_y = 0;
      if (edits > 0) {
        const std::vector<int>& last = reached[static_cast<std::size_t>(edits) - 1];
        const int diagonal = x - y;
        const auto at = [&](int d) { return last[static_cast<std::size_t>(d + edits - 1)]; };
        const bool down =
            diagonal == -edits || (diagonal != edits && at(diagonal - 1) + 1 <= at(diagonal + 1));
        from_x = down ? at(diagonal + 1) : at(diagonal - 1);
        from_y = from_x - (down ? diagonal + 1 : diagonal - 1);
      }
      while (x > from_x && y > from_y) {
        matches_.emplace_back(range.before + static_cast<std::size_t>(--x),
                              range.after + static_cast<std::size_t>(--y));
      }
      x = from_x;
      y = from_y;
    }
  }

  void cut(Range range, int cuts) {
    for (const auto& [before, after] : anchors(range)) {
      align({range.before, before, range.after, after}, cuts);
      matches_.emplace_back(before, after);
      range.before = before + 1;
      range.after = after + 1;
    }
    align(range, cuts);
  }

  /// Lines that occur once on each side; of those the longest row that rises on both.
  std::vector<Match> anchors(const Range& range) const {
    struct Seen {
      std::size_t before = 0, after = 0, place = 0, place_after = 0;
    };
    std::unordered_map<std::uint32_t, Seen> seen;
    for (std::size_t i = range.before; i < range.before_end; ++i) {
      Seen& word = seen[before_[i]];
      ++word.before;
      word.place = i;
    }
    for (std::size_t i = range.after; i < range.after_end; ++i) {
      Seen& word = seen[after_[i]];
      ++word.after;
      word.place_after = i;
    }
    std::vector<Match> unique;
    for (const auto& [word, found] : seen) {
      if (found.before == 1 && found.after == 1) unique.emplace_back(found.place, found.place_after);
    }
    std::ranges::sort(unique);
    return longest_rise(unique);
  }

  /// By patience sorting: `ends` holds, for each length, the row which ends lowest.
  static std::vector<Match> longest_rise(const std::vector<Match>& matches) {
    std::vector<std::size_t> ends;
    std::vector<std::size_t> before(matches.size(), kNoLine);
    for (std::size_t i = 0; i < matches.size(); ++i) {
      const auto place = std::ranges::lower_bound(ends, matches[i].second, {},
                                                  [&](std::size_t end) { return matches[end].second; });
      if (place != ends.begin()) before[i] = *(place - 1);
      if (place == ends.end())
        ends.push_back(i);
      else
        *place = i;
    }
    std::vector<Match> row;
    for (std::size_t i = ends.empty() ? kNoLine : ends.back(); i != kNoLine; i = before[i])
      row.push_back(matches[i]);
    std::ranges::reverse(row);
    return row;
  }

  const Words& before_;
  const Words& after_;
  std::vector<Match> matches_;
};

/// Numbers for texts, the same for both listings.
class Dictionary {
 public:
  template <class TextOf>
  Words words(std::span<const CodeLine> lines, TextOf text_of) {
    Words result;
    result.reserve(lines.size());
    for (const CodeLine& line : lines) {
      result.push_back(
          numbers_.try_emplace(std::string(text_of(line)), static_cast<std::uint32_t>(numbers_.size()))
              .first->second);
    }
    return result;
  }

 private:
  std::unordered_map<std::string, std::uint32_t> numbers_;
};

template <class TextOf>
std::vector<Match> align_by(std::span<const CodeLine> before, std::span<const CodeLine> after,
                            TextOf text_of) {
  Dictionary dictionary;
  const Words before_words = dictionary.words(before, text_of);
  const Words after_words = dictionary.words(after, text_of);
  return Aligner(before_words, after_words).run();
}

/// Calls back for each pair, and in front of it for what lies between it and the pair before.
template <class OnGap, class OnPair>
void walk(const std::vector<Match>& matches, std::size_t before_end, std::size_t after_end, OnGap on_gap,
          OnPair on_pair) {
  std::size_t before = 0;
  std::size_t after = 0;
  for (const auto& [pair_before, pair_after] : matches) {
    on_gap(before, pair_before, after, pair_after);
    on_pair(pair_before, pair_after);
    before = pair_before + 1;
    after = pair_after + 1;
  }
  on_gap(before, before_end, after, after_end);
}

class Rows {
 public:
  Rows(const Listing& before, const Listing& after) : before_(before.lines), after_(after.lines) {}

  std::vector<CodeRow> run() {
    const auto key = [](const CodeLine& line) -> const std::string& { return line.key; };
    walk(
        align_by(before_, after_, key), before_.size(), after_.size(),
        [&](std::size_t before, std::size_t before_end, std::size_t after, std::size_t after_end) {
          add_differing(before, before_end, after, after_end);
        },
        [&](std::size_t before, std::size_t after) {
          rows_.push_back({CodeStatus::kSame, before, after});
        });
    compare_targets();
    return std::move(rows_);
  }

 private:
  /// What was removed and added in one place: where the kinds of instructions match, it was changed.
  void add_differing(std::size_t before, std::size_t before_end, std::size_t after, std::size_t after_end) {
    const auto removed = before_.subspan(before, before_end - before);
    const auto added = after_.subspan(after, after_end - after);
    walk(
        align_by(removed, added, [](const CodeLine& line) { return line.mnemonic(); }), removed.size(),
        added.size(),
        [&](std::size_t from, std::size_t to, std::size_t added_from, std::size_t added_to) {
          for (; from < to; ++from) rows_.push_back({CodeStatus::kRemoved, before + from, kNoLine});
          for (; added_from < added_to; ++added_from)
            rows_.push_back({CodeStatus::kAdded, kNoLine, after + added_from});
        },
        [&](std::size_t from, std::size_t to) {
          rows_.push_back({CodeStatus::kChanged, before + from, after + to});
        });
  }

  /// A jump does the same only if it leads to the same line.
  void compare_targets() {
    std::vector<std::size_t> beside(before_.size(), kNoLine);
    for (const CodeRow& row : rows_) {
      if (row.before != kNoLine) beside[row.before] = row.after;
    }
    for (CodeRow& row : rows_) {
      if (row.status != CodeStatus::kSame) continue;
      const std::size_t target = before_[row.before].target;
      const std::size_t same = target == kNoLine ? kNoLine : beside[target];
      if (same != after_[row.after].target) row.status = CodeStatus::kChanged;
    }
  }

  std::span<const CodeLine> before_;
  std::span<const CodeLine> after_;
  std::vector<CodeRow> rows_;
};

std::vector<bool> jumped_to(const Listing& listing) {
  std::vector<bool> result(listing.lines.size());
  for (const CodeLine& line : listing.lines) {
    if (line.target != kNoLine) result[line.target] = true;
  }
  return result;
}

}  // namespace

std::vector<CodeRow> align_code(const Listing& before, const Listing& after) {
  return Rows(before, after).run();
}

CodeLabels label_code(const Listing& before, const Listing& after, const std::vector<CodeRow>& rows) {
  const std::vector<bool> before_targets = jumped_to(before);
  const std::vector<bool> after_targets = jumped_to(after);
  CodeLabels labels{.before = std::vector<std::string>(before.lines.size()),
                    .after = std::vector<std::string>(after.lines.size())};
  int number = 0;
  for (const CodeRow& row : rows) {
    const bool in_before = row.before != kNoLine && before_targets[row.before];
    const bool in_after = row.after != kNoLine && after_targets[row.after];
    if (!in_before && !in_after) continue;
    const std::string label = fmt::format(".L{}", ++number);
    if (in_before) labels.before[row.before] = label;
    if (in_after) labels.after[row.after] = label;
  }
  return labels;
}

std::string line_text(const CodeLine& line, const std::vector<std::string>& labels) {
  return line.target == kNoLine ? line.text : line.text + labels[line.target];
}

}  // namespace suture
