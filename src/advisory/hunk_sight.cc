// SPDX-License-Identifier: Apache-2.0
#include "advisory/hunk_sight.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <span>

namespace suture {
namespace {

using Tokens = std::vector<SourceToken>;
using View = std::span<const SourceToken>;

/// So many tokens are a line of their own making, not one that any function may have.
constexpr std::size_t kTelling = 12;
/// Fewer than these, with all that is around them, stand anywhere.
constexpr std::size_t kFewest = 5;

bool same(const SourceToken& a, const SourceToken& b) {
  return a.text == b.text;
}

/// Line where the tokens begin, and the place behind them.
struct Place {
  std::uint32_t line = 0;
};

/// The first place; `skip`: tokens in front that are not what the line is asked of.
std::optional<Place> find_in(View text, View tokens, std::size_t skip) {
  if (tokens.empty()) return std::nullopt;
  const auto found = std::search(text.begin(), text.end(), tokens.begin(), tokens.end(), same);
  if (found == text.end()) return std::nullopt;
  return Place{.line = (found + static_cast<std::ptrdiff_t>(std::min(skip, tokens.size() - 1)))->line};
}

std::optional<Place> find_in_any(const std::vector<View>& scopes, View tokens, std::size_t skip) {
  for (const View scope : scopes) {
    if (const std::optional<Place> place = find_in(scope, tokens, skip)) return place;
  }
  return std::nullopt;
}

/// Lines that have tokens, nearest to the change first.
std::vector<Tokens> lines_with_tokens(const std::vector<std::string>& lines, bool from_behind) {
  std::vector<Tokens> found;
  for (const std::string& line : lines) {
    Tokens tokens = tokens_of_lines({line});
    if (!tokens.empty()) found.push_back(std::move(tokens));
  }
  if (from_behind) std::ranges::reverse(found);
  return found;
}

struct Image {
  Tokens tokens{};
  std::size_t in_front = 0;  ///< tokens of lines that stay
};

Image image_of(const std::vector<Tokens>& leading, std::size_t before, const Tokens& middle,
               const std::vector<Tokens>& trailing, std::size_t behind) {
  Image image;
  for (std::size_t i = before; i-- > 0;)
    image.tokens.insert(image.tokens.end(), leading[i].begin(), leading[i].end());
  image.in_front = image.tokens.size();
  image.tokens.insert(image.tokens.end(), middle.begin(), middle.end());
  for (std::size_t i = 0; i < behind; ++i)
    image.tokens.insert(image.tokens.end(), trailing[i].begin(), trailing[i].end());
  return image;
}

/// Where to look: in the items' own lines; everywhere when they are not known, or not there.
std::vector<View> scopes_of(const std::vector<std::string>& items, const SourceText& text, bool& missing) {
  const View all(text.tokens());
  if (items.empty()) return {all};
  std::vector<View> scopes;
  for (const std::string& name : items) {
    for (const OutlineItem* item : text.find(name)) {
      const auto begin = std::ranges::lower_bound(all, item->first_line, {}, &SourceToken::line);
      const auto end = std::ranges::upper_bound(all, item->last_line, {}, &SourceToken::line);
      scopes.emplace_back(begin, end);
    }
  }
  missing = scopes.empty();
  return missing ? std::vector<View>{all} : scopes;
}

class Looker {
 public:
  Looker(const ChangedLines& hunk, const std::vector<std::string>& items, const SourceText& text)
      : text_(text),
        scopes_(scopes_of(items, text, missing_)),
        in_known_item_(!items.empty() && !missing_),
        removed_(tokens_of_lines(hunk.removed)),
        added_(tokens_of_lines(hunk.added)),
        leading_(lines_with_tokens(hunk.leading, true)),
        trailing_(lines_with_tokens(hunk.trailing, false)) {}

  HunkSight look(const ChangedLines& hunk) const {
    if (std::ranges::equal(removed_, added_, same)) return {.sight = Sight::kNothing, .item = {}};
    HunkSight sight = look_with_context(hunk);
    if (sight.sight == Sight::kUnclear && missing_) return {.sight = Sight::kItemMissing, .item = {}};
    if (sight.sight == Sight::kUnclear) sight = look_line_by_line(hunk);
    if (sight.line != 0) {
      const OutlineItem* item = text_.at(sight.line);
      if (item != nullptr) sight.item = item->name;
    }
    return sight;
  }

 private:
  /// Lines that only go, or only come, are seen by what is around them on both sides.
  /// So are those of which nobody knows what they are in.
  bool tells(const Tokens& middle, std::size_t before, std::size_t behind, const Image& image) const {
    if (middle.empty() || !in_known_item_) return before > 0 && behind > 0;
    return image.tokens.size() >= kFewest;
  }

  std::optional<Place> find(const Tokens& middle, std::size_t before, std::size_t behind) const {
    const Image image = image_of(leading_, before, middle, trailing_, behind);
    if (!tells(middle, before, behind, image)) return std::nullopt;
    return find_in_any(scopes_, image.tokens, image.in_front);
  }

  HunkSight look_with_context(const ChangedLines& hunk) const {
    const std::size_t most = leading_.size() + trailing_.size();
    for (std::size_t around = most + 1; around-- > 0;) {
      std::optional<Place> before;
      std::optional<Place> after;
      for (std::size_t i = 0; i <= std::min(around, leading_.size()); ++i) {
        const std::size_t j = around - i;
        if (j > trailing_.size()) continue;
        if (!before) before = find(removed_, i, j);
        if (!after) after = find(added_, i, j);
      }
      if (before && after) return {};
      HunkSight sight;
      if (before) sight = judge_before(*before, hunk);
      if (after) sight = {.sight = Sight::kAfter, .line = after->line, .item = {}};
      if (before || after) return sight;
    }
    return {};
  }

  /// The fix may have come to another place than this, or in other words: then one of its lines is there.
  HunkSight judge_before(const Place& place, const ChangedLines& hunk) const {
    if (added_.size() >= kTelling && added_.size() > removed_.size() && find_in_any(scopes_, added_, 0))
      return {.item = {}};
    if (removed_.empty() && count(hunk.added, removed_, kTelling).there > 0) return {.item = {}};
    return {.sight = Sight::kBefore, .line = place.line, .item = {}, .removed_found = !removed_.empty()};
  }

  /// How many of the lines are there, each by itself; those of few tokens, and those that the other side has
  /// as well, tell nothing.
  struct Count {
    std::size_t all = 0;
    std::size_t there = 0;
    std::size_t tokens = 0;
    std::uint32_t line = 0;
  };
  Count count(const std::vector<std::string>& lines, const Tokens& other_side, std::size_t fewest = 3) const {
    Count result;
    for (Tokens& line : lines_with_tokens(lines, false)) {
      // Braces come and go with a second statement behind an "if".
      if (line.back().text == "{") line.pop_back();
      if (line.size() < fewest || find_in(other_side, line, 0)) continue;
      ++result.all;
      result.tokens += line.size();
      const std::optional<Place> place = find_in_any(scopes_, line, 0);
      if (!place) continue;
      ++result.there;
      if (result.line == 0) result.line = place->line;
    }
    return result;
  }

  HunkSight look_line_by_line(const ChangedLines& hunk) const {
    const Count removed = count(hunk.removed, added_);
    const Count added = count(hunk.added, removed_);
    const bool all_added = added.all > 0 && added.there == added.all;
    const bool all_removed = removed.all > 0 && removed.there == removed.all;
    if (all_added && removed.there == 0 && added.tokens >= kTelling / 2)
      return {.sight = Sight::kAfter, .line = added.line, .item = {}};
    if (all_removed && added.there == 0 && removed.tokens >= kTelling / 2)
      return {.sight = Sight::kBefore, .line = removed.line, .item = {}, .removed_found = true};
    const bool none_added = added.all > 0 && added.there == 0;
    if (none_added && removed_.empty() && in_known_item_ && !is_outermost(hunk)) {
      if (const std::optional<Place> place = find_one_side())
        return {.sight = Sight::kBefore, .line = place->line, .item = {}};
    }
    return {.sight = Sight::kUnclear, .item = {}, .added_missing = none_added};
  }

  /// New functions, which may stand anywhere. Code within one is indented.
  static bool is_outermost(const ChangedLines& hunk) {
    return std::ranges::any_of(hunk.added, [](const std::string& line) {
      return !line.empty() &&
             (line.front() == '_' || std::isalpha(static_cast<unsigned char>(line.front())) != 0);
    });
  }

  /// Of new lines that are nowhere: the place where they would be, when the lines on its other side are
  /// comments or have changed.
  std::optional<Place> find_one_side() const {
    for (const auto& [before, behind] :
         {std::pair(leading_.size(), std::size_t{0}), std::pair(std::size_t{0}, trailing_.size())}) {
      const Image image = image_of(leading_, before, {}, trailing_, behind);
      if (image.tokens.size() < kTelling / 2) continue;
      if (const auto place = find_in_any(scopes_, image.tokens, 0)) return place;
    }
    return std::nullopt;
  }

  const SourceText& text_;
  bool missing_ = false;  // before scopes_, which sets it
  std::vector<View> scopes_;
  bool in_known_item_;
  Tokens removed_;
  Tokens added_;
  std::vector<Tokens> leading_;
  std::vector<Tokens> trailing_;
};

}  // namespace

HunkSight look_for(const ChangedLines& hunk, const std::vector<std::string>& items, const SourceText& text) {
  return Looker(hunk, items, text).look(hunk);
}

namespace {

/// Whether the lines between the two are known: all of them stay.
bool follows(const ChangedLines& first, const ChangedLines& next) {
  const std::size_t between = first.trailing.size();
  // Of an insertion, `before` is the line in front of it.
  const std::size_t behind = first.before + (first.removed.empty() ? 1 : first.removed.size());
  const std::size_t begin = next.before + (next.removed.empty() ? 1U : 0U);
  return between > 0 && behind + between == begin && next.leading == first.trailing;
}

ChangedLines joined(const ChangedLines& first, const ChangedLines& next) {
  ChangedLines both = first;
  for (auto* lines : {&both.removed, &both.added})
    lines->insert(lines->end(), first.trailing.begin(), first.trailing.end());
  both.removed.insert(both.removed.end(), next.removed.begin(), next.removed.end());
  both.added.insert(both.added.end(), next.added.begin(), next.added.end());
  both.trailing = next.trailing;
  return both;
}

}  // namespace

std::vector<HunkSight> look_for_all(const std::vector<ChangedLines>& changes,
                                    const std::vector<std::string>& items, const SourceText& text) {
  std::vector<HunkSight> sights;
  for (std::size_t i = 0; i < changes.size();) {
    ChangedLines together = changes[i];
    std::size_t end = i + 1;
    while (end < changes.size() && follows(changes[end - 1], changes[end])) {
      together = joined(together, changes[end]);
      ++end;
    }
    const HunkSight whole = look_for(together, items, text);
    if (end == i + 1 || whole.sight != Sight::kUnclear) {
      sights.push_back(whole);
    } else {
      for (std::size_t k = i; k < end; ++k) sights.push_back(look_for(changes[k], items, text));
    }
    i = end;
  }
  return sights;
}

}  // namespace suture
