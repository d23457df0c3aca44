// SPDX-License-Identifier: Apache-2.0
//
// Names decide, as far as they are the programmer's. What the compiler numbers is harder:
//
// - Clones of functions (`f.constprop.0`, `f.part.1`). A wrong pair does no harm: the two then differ, so
// both
//   the clone and its callers, whose references moved, count as changed and are shipped together.
// - Static locals (`count.42`). gcc numbers them by their order in the unit, so the number moves when a fix
// adds
//   one above. Here a wrong pair would make new code write to a stranger's variable. Two are the same only if
//   functions that correlate use them; among several of one function the order decides, if none was added or
//   taken away. What stays open is marked, and refused if shipped code needs it.
#include "delta/correlate.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace suture {
namespace {

using Group = std::vector<AtomId>;
/// Atoms of one kind and stable name, in the order of their numbers.
using Groups = std::map<std::pair<AtomKind, std::string>, Group>;

/// Behind the stem: "12" of "count.12".
unsigned long number_of(const std::string& name) {
  const std::size_t at = name.find_last_not_of("0123456789");
  return at + 1 < name.size() && name.size() - at < 12 ? std::stoul(name.substr(at + 1)) : 0;
}

Groups group(const Unit& unit) {
  Groups groups;
  for (AtomId id = 0; id < unit.atoms().size(); ++id) {
    const Atom& atom = unit.atom(id);
    if (atom.kind == AtomKind::kPrivate) continue;
    groups[{atom.kind, stable_name(atom.name)}].push_back(id);
  }
  for (auto& [key, atoms] : groups) {
    std::ranges::stable_sort(atoms, {}, [&](AtomId id) { return number_of(unit.atom(id).name); });
  }
  return groups;
}

/// Once-flags and rate limits of kernel macros: to start anew with one costs at most a repeated message.
bool harmless_to_copy(std::string_view stable_name) {
  constexpr std::array<std::string_view, 6> kNames{"__already_done", "__warned", "__print_once",
                                                   "__key",          "_rs",      "rs"};
  return std::ranges::find(kNames, stable_name) != kNames.end();
}

class Correlator {
 public:
  Correlator(const Unit& original, const Unit& patched) : original_(original), patched_(patched) {
    result_.original_of.assign(patched.atoms().size(), kNoAtom);
    result_.patched_of.assign(original.atoms().size(), kNoAtom);
    result_.ambiguous.assign(patched.atoms().size(), false);
  }

  Correlation run() {
    const Groups originals = group(original_);
    const Groups patcheds = group(patched_);
    for (const auto& [key, atoms] : patcheds) {
      const auto found = originals.find(key);
      if (found == originals.end()) continue;
      if (key.first == AtomKind::kFunction || !numbered(found->second, atoms))
        match_by_name(found->second, atoms);
    }
    // Functions stand now, so variables can be told by who uses them.
    const Users original_users = users_of(original_);
    const Users patched_users = users_of(patched_);
    for (const auto& [key, atoms] : patcheds) {
      const auto found = originals.find(key);
      if (found == originals.end() || key.first == AtomKind::kFunction || !numbered(found->second, atoms))
        continue;
      match_by_users(found->second, original_users, atoms, patched_users, harmless_to_copy(key.second));
    }
    return std::move(result_);
  }

 private:
  /// The functions, as named in the original unit, that refer to a variable. Indexed by atom.
  using Users = std::vector<std::set<std::string>>;

  bool numbered(const Group& originals, const Group& patcheds) const {
    if (originals.size() != 1 || patcheds.size() != 1) return true;
    const std::string& name = patched_.atom(patcheds[0]).name;
    return name != stable_name(name) || original_.atom(originals[0]).name != name;
  }

  void match(AtomId original, AtomId patched) {
    result_.original_of[patched] = original;
    result_.patched_of[original] = patched;
  }

  /// Equal names first, then what is left in order.
  void match_by_name(const Group& originals, const Group& patcheds) {
    for (const AtomId patched : patcheds) {
      const auto same = std::ranges::find_if(originals, [&](AtomId original) {
        return original_.atom(original).name == patched_.atom(patched).name &&
               result_.patched_of[original] == kNoAtom;
      });
      if (same != originals.end()) match(*same, patched);
    }
    auto next = originals.begin();
    for (const AtomId patched : patcheds) {
      if (result_.original_of[patched] != kNoAtom) continue;
      next = std::find_if(next, originals.end(),
                          [&](AtomId original) { return result_.patched_of[original] == kNoAtom; });
      if (next == originals.end()) return;
      match(*next, patched);
    }
  }

  Users users_of(const Unit& unit) const {
    Users users(unit.atoms().size());
    for (const Atom& atom : unit.atoms()) {
      for (const Reference& reference : unit.references(atom)) {
        if (reference.target != kNoAtom) users[reference.target].insert(stable_name(atom.name));
      }
    }
    return users;
  }

  void match_by_users(const Group& originals, const Users& original_users, const Group& patcheds,
                      const Users& patched_users, bool harmless) {
    std::map<std::set<std::string>, std::pair<Group, Group>> by_users;
    for (const AtomId id : originals) by_users[original_users[id]].first.push_back(id);
    for (const AtomId id : patcheds) by_users[patched_users[id]].second.push_back(id);
    for (const auto& [users, both] : by_users) {
      const auto& [from, to] = both;
      if (from.size() != to.size()) continue;
      for (std::size_t i = 0; i < to.size(); ++i) match(from[i], to[i]);
    }
    match_the_last_one(originals, original_users, patcheds, patched_users);
    const bool open =
        std::ranges::any_of(originals, [&](AtomId id) { return result_.patched_of[id] == kNoAtom; });
    for (const AtomId id : patcheds) {
      if (result_.original_of[id] == kNoAtom && open && !harmless) result_.ambiguous[id] = true;
    }
  }

  /// One left on each side, with a user in common: the fix made one more function use it, or one fewer.
  void match_the_last_one(const Group& originals, const Users& original_users, const Group& patcheds,
                          const Users& patched_users) {
    Group from;
    Group to;
    std::ranges::copy_if(originals, std::back_inserter(from),
                         [&](AtomId id) { return result_.patched_of[id] == kNoAtom; });
    std::ranges::copy_if(patcheds, std::back_inserter(to),
                         [&](AtomId id) { return result_.original_of[id] == kNoAtom; });
    if (from.size() != 1 || to.size() != 1 || original_.atom(from[0]).size != patched_.atom(to[0]).size)
      return;
    const auto& a = original_users[from[0]];
    const auto& b = patched_users[to[0]];
    if (std::ranges::any_of(a, [&](const std::string& user) { return b.contains(user); }))
      match(from[0], to[0]);
  }

  const Unit& original_;
  const Unit& patched_;
  Correlation result_;
};

}  // namespace

Correlation correlate(const Unit& original, const Unit& patched) {
  return Correlator(original, patched).run();
}

}  // namespace suture
