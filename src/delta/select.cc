// SPDX-License-Identifier: Apache-2.0
//
// A reference from shipped code keeps to the running kernel wherever it can: what is there and did not change
// is used there. So the closure goes through new functions, new variables and private atoms, and stops
// elsewhere.
#include "delta/select.h"

#include <fmt/format.h>

#include <algorithm>

namespace suture {
namespace {

class Selector {
 public:
  Selector(const Unit& original, const Unit& patched, const SpecialEntries& entries,
           const Correlation& correlation)
      : original_(original),
        patched_(patched),
        entries_(entries),
        correlation_(correlation),
        shipped_(patched.atoms().size()) {}

  Result<Selection> run(const std::vector<AtomId>& changed) {
    for (const AtomId id : changed) TRY(take_change(id));
    while (!open_.empty()) {
      const AtomId id = open_.back();
      open_.pop_back();
      const Atom& atom = patched_.atom(id);
      TRY(follow(id, patched_.references(atom)));
      for (const SpecialEntry& entry : entries_.of(id)) {
        TRY(follow(id, patched_.references(entry.section, entry.offset, entry.size)));
        const Companion& companion = entry.companion;
        if (!companion.exists()) continue;
        TRY(follow(id, patched_.references(companion.section, companion.offset, companion.size)));
      }
    }
    Selection selection;
    for (AtomId id = 0; id < shipped_.size(); ++id) {
      if (!shipped_[id]) continue;
      selection.shipped.push_back(id);
      const Atom& atom = patched_.atom(id);
      const bool replaces = atom.kind == AtomKind::kFunction && correlation_.original_of[id] != kNoAtom;
      if (replaces && parent_of_cold(atom.name).empty()) selection.replaced.push_back(id);
    }
    return selection;
  }

 private:
  std::unexpected<Error> refuse(std::string code, std::string why, std::string hint) const {
    return fail(std::move(code), "make a delta of " + patched_.name(), std::move(why), std::move(hint));
  }

  Result<void> take_change(AtomId id) {
    const Atom& atom = patched_.atom(id);
    const elf::Section& home = patched_.section_of(atom);
    if (is_init_section(home.name)) {
      return refuse(
          "delta.init-changed",
          fmt::format("{} changed in {}, which has run and is gone", atom.name, home.name),
          "what it did at start-up cannot be done anew; move the change into code which runs later");
    }
    if (atom.kind == AtomKind::kFunction) {
      ship(id);
      return take_parent_of_cold(atom);
    }
    return take_constant(id, home);
  }

  /// The cold part of a function is entered only by a jump from its parent, so the two are replaced together.
  Result<void> take_parent_of_cold(const Atom& cold) {
    const std::string_view parent = parent_of_cold(cold.name);
    if (parent.empty()) return {};
    for (AtomId id = 0; id < patched_.atoms().size(); ++id) {
      if (patched_.atom(id).name != parent || patched_.atom(id).kind != AtomKind::kFunction) continue;
      ship(id);
      return {};
    }
    return refuse("delta.orphaned-cold",
                  fmt::format("{} changed, but its parent is not in the unit", cold.name), "");
  }

  /// A changed constant can be shipped when only this unit's functions read it: they are shipped with it.
  Result<void> take_constant(AtomId id, const elf::Section& home) {
    const Atom& atom = patched_.atom(id);
    const auto changed = [&](std::string why) {
      return refuse("delta.data-changed",
                    fmt::format("the data {} in {} changed, and {}", atom.name, home.name, why),
                    "the running kernel's copy cannot be exchanged; express the change in code");
    };
    if (home.writable()) return changed("it is in use");
    if (!home.name.starts_with(".rodata"))
      return changed("the kernel reads it when it starts or loads the module");
    if (atom.global) return changed("other units may refer to it");
    std::vector<AtomId> users;
    for (AtomId user = 0; user < patched_.atoms().size(); ++user) {
      const auto references = patched_.references(patched_.atom(user));
      if (std::ranges::none_of(references,
                               [&](const Reference& reference) { return reference.target == id; }))
        continue;
      if (patched_.atom(user).kind != AtomKind::kFunction) {
        return changed(fmt::format("{} holds its address", patched_.atom(user).name));
      }
      users.push_back(user);
    }
    ship(id);
    for (const AtomId user : users) TRY(take_change(user));
    return {};
  }

  void ship(AtomId id) {
    if (shipped_[id]) return;
    shipped_[id] = true;
    open_.push_back(id);
  }

  Result<void> follow(AtomId from, std::span<const Reference> references) {
    for (const Reference& reference : references) {
      if (reference.target != kNoAtom && !shipped_[reference.target]) TRY(follow(from, reference.target));
    }
    return {};
  }

  Result<void> follow(AtomId from, AtomId target) {
    const Atom& atom = patched_.atom(target);
    if (correlation_.ambiguous[target]) {
      return refuse(
          "delta.ambiguous-static-local",
          fmt::format("{} uses {}, which may be any of several variables of that name in the original",
                      patched_.atom(from).name, atom.name),
          "give the variable that the fix adds another name");
    }
    const AtomId original = correlation_.original_of[target];
    if (original != kNoAtom && parent_of_cold(atom.name).empty()) {
      if (original_.atom(original).symbol == elf::kUndefined) {
        return refuse("delta.nameless-data",
                      fmt::format("{} uses data without a name in {}", patched_.atom(from).name,
                                  patched_.section_of(atom).name),
                      "");
      }
      return {};
    }
    ship(target);
    return {};
  }

  const Unit& original_;
  const Unit& patched_;
  const SpecialEntries& entries_;
  const Correlation& correlation_;
  std::vector<bool> shipped_;
  std::vector<AtomId> open_;  ///< shipped, references not yet followed
};

}  // namespace

bool is_init_section(std::string_view name) {
  for (const std::string_view prefix :
       {".init.", ".exit.", ".initcall", ".exitcall", ".head.text", ".con_initcall", ".x86_cpu_dev"}) {
    if (name.starts_with(prefix)) return true;
  }
  return name.ends_with(".init");
}

Result<Selection> select_shipped(const Unit& original, const Unit& patched,
                                 const SpecialEntries& patched_entries, const Correlation& correlation,
                                 const std::vector<AtomId>& changed) {
  return Selector(original, patched, patched_entries, correlation).run(changed);
}

}  // namespace suture
