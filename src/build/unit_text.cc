// SPDX-License-Identifier: Apache-2.0
#include "build/unit_text.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "source/c_text.h"

namespace suture {
namespace {

using Counts = std::map<std::string_view, int>;

Counts counted(const std::vector<std::string>& items) {
  Counts counts;
  for (const std::string& item : items) ++counts[item];
  return counts;
}

/// What tells a unit that something changed.
class Tellers {
 public:
  explicit Tellers(std::span<const StructChange> structs) : structs_(structs) {}

  /// Takes something up that is not the same in both texts; false when nothing is known of it.
  bool take(const std::string& item) {
    const std::string tag = defined_struct(item);
    if (!tag.empty() && std::ranges::find(structs_, tag, &StructChange::tag) != structs_.end()) return true;
    const std::string name = dispensable_function(item);
    if (!name.empty()) functions_.insert(name);
    return !name.empty();
  }

  /// Goes through what is the same: does code name them that is there in any case? Inline functions that do
  /// tell others in turn.
  bool named_by(const std::vector<const std::string*>& items) {
    std::vector<std::pair<std::string, const std::string*>> callers;  // inline functions, by name
    for (const std::string* item : items) {
      std::string function = dispensable_function(*item);
      if (function.empty()) {
        always_.push_back(item);
      } else if (item->back() == '}') {
        callers.emplace_back(std::move(function), item);
      }
    }
    for (bool grown = true; grown;) {
      grown = false;
      std::erase_if(callers, [&](const auto& caller) {
        if (!names(*caller.second)) return false;
        functions_.insert(caller.first);
        return grown = true;
      });
    }
    return std::ranges::any_of(always_, [&](const std::string* item) { return names(*item); });
  }

 private:
  bool names(const std::string& item) const {
    const Tokens tokens = tokens_of(item);
    for (auto token = tokens.begin(); token != tokens.end(); ++token) {
      if (is_word(token->front()) && functions_.contains(*token)) return true;
    }
    return std::ranges::any_of(structs_,
                               [&](const StructChange& change) { return can_tell(tokens, change); });
  }

  std::span<const StructChange> structs_;
  std::set<std::string, std::less<>> functions_;
  std::vector<const std::string*> always_;
};

}  // namespace

bool code_may_differ(std::string_view before, std::string_view after, std::span<const StructChange> structs) {
  const std::vector<std::string> old_items = top_level_items(before);
  const std::vector<std::string> new_items = top_level_items(after);
  const Counts old_counts = counted(old_items);
  const Counts new_counts = counted(new_items);
  Tellers tellers(structs);
  const auto take_differing = [&](const std::vector<std::string>& items, const Counts& these,
                                  const Counts& those) {
    return std::ranges::all_of(items, [&](const std::string& item) {
      const auto other = those.find(item);
      return (other != those.end() && other->second == these.at(item)) || tellers.take(item);
    });
  };
  if (!take_differing(old_items, old_counts, new_counts) ||
      !take_differing(new_items, new_counts, old_counts))
    return true;
  // What is the same must come in the same order, too: a definition has to stand before its use.
  const auto kept = [](const std::vector<std::string>& items, const Counts& those) {
    std::vector<const std::string*> result;
    for (const std::string& item : items) {
      if (those.contains(item)) result.push_back(&item);
    }
    return result;
  };
  const auto old_kept = kept(old_items, new_counts);
  const auto new_kept = kept(new_items, old_counts);
  const bool same_order = std::ranges::equal(
      old_kept, new_kept, [](const std::string* a, const std::string* b) { return *a == *b; });
  return !same_order || tellers.named_by(old_kept);
}

}  // namespace suture
