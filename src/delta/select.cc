// SPDX-License-Identifier: Apache-2.0
//
// A reference from shipped code keeps to the running kernel wherever it can: what is there and did not change
// is used there. So the closure goes through new functions, new variables and private atoms, and stops
// elsewhere.
//
// Livepatch redirects a function at its ftrace entry. A changed function without one can still be patched,
// one level up: its new code is shipped beside the old, and each function that calls it is shipped as well,
// calling the new one. That works as long as all callers are in this unit and none keeps its address. The
// exit function of a module is called by the kernel alone, through a pointer in struct module, which is
// exchanged. An engine that writes a jump at a function's entry needs no way round where that is safe.
#include "delta/select.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "delta/ftrace_entry.h"
#include "delta/jump_entry.h"

namespace suture {
namespace {

/// Functions without an entry, one calling the next: more than a few of them are no longer a small patch.
constexpr std::size_t kMostLifted = 16;

class Selector {
 public:
  Selector(const UnitPair& units, const Correlation& correlation)
      : units_(units),
        original_(units.original),
        patched_(units.patched),
        correlation_(correlation),
        shipped_(patched_.atoms().size()) {}

  Result<Selection> run(const std::vector<AtomId>& changed) {
    for (const AtomId id : changed) TRY(take_change(id));
    take_new_globals();
    while (!open_.empty()) {
      const AtomId id = open_.back();
      open_.pop_back();
      for_each_range(id, [&](std::span<const Reference> references) { return follow(id, references); });
      if (failure_) return std::unexpected(std::move(*failure_));
    }
    for (AtomId id = 0; id < shipped_.size(); ++id) {
      if (!shipped_[id]) continue;
      selection_.shipped.push_back(id);
      const Atom& atom = patched_.atom(id);
      const bool replaces = atom.kind == AtomKind::kFunction && correlation_.original_of[id] != kNoAtom;
      if (replaces && parent_of_cold(atom.name).empty() && !is_lifted(id)) selection_.replaced.push_back(id);
    }
    return std::move(selection_);
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
    if (is_exit_section(home.name) && units_.object == "vmlinux") {
      selection_.notes.push_back(
          {"delta.exit-left-out",
           fmt::format("{} changed, but the kernel has no code for its own removal", atom.name)});
      return {};
    }
    if (atom.kind == AtomKind::kFunction) return take_function(id);
    return take_constant(id, home);
  }

  Result<void> take_function(AtomId id) {
    if (shipped_[id]) return {};
    ship(id);
    const Atom& atom = patched_.atom(id);
    if (!parent_of_cold(atom.name).empty()) return take_parent_of_cold(atom);
    const AtomId original = correlation_.original_of[id];
    if (original == kNoAtom || has_ftrace_entry(original_, units_.original_entries, original)) return {};
    if (is_module_exit(original_.atom(original))) {
      selection_.module_exit = id;
      return {};
    }
    if (units_.jumps && jump_entry(original_, units_.original_entries, original)) {
      selection_.notes.push_back(
          {"delta.jump-at-entry", fmt::format("{} has no ftrace entry: a jump is written there", atom.name)});
      return {};
    }
    return lift(id);
  }

  /// What module_exit() names (include/linux/module.h) has an alias.
  bool is_module_exit(const Atom& function) const {
    return units_.object != "vmlinux" &&
           std::ranges::any_of(original_.object().symbols, [&](const elf::Symbol& symbol) {
             return symbol.name == "cleanup_module" && symbol.section == function.section &&
                    symbol.value == function.offset;
           });
  }

  /// The cold part of a function is entered only by a jump from its parent, so the two are replaced together.
  Result<void> take_parent_of_cold(const Atom& cold) {
    const std::string_view parent = parent_of_cold(cold.name);
    for (AtomId id = 0; id < patched_.atoms().size(); ++id) {
      if (patched_.atom(id).name == parent && patched_.atom(id).kind == AtomKind::kFunction)
        return take_function(id);
    }
    return refuse("delta.orphaned-cold",
                  fmt::format("{} changed, but its parent is not in the unit", cold.name), "");
  }

  /// See the head of this file.
  Result<void> lift(AtomId id) {
    const Atom& atom = patched_.atom(id);
    const auto unreachable = [&](const std::string& why) {
      return refuse(
          "delta.no-ftrace-entry",
          fmt::format("{} changed, but has no ftrace entry, so livepatch cannot redirect it, and {}",
                      atom.name, why),
          "express the change in a function that calls it");
    };
    lifted_.push_back(id);
    if (lifted_.size() > kMostLifted) return unreachable("neither have too many of its callers");
    if (atom.global) return unreachable("other units may call it");
    std::vector<AtomId> callers;
    for (AtomId user = 0; user < patched_.atoms().size(); ++user) {
      const std::optional<bool> calls = use_of(user, id);
      if (!calls || is_init_section(patched_.section_of(patched_.atom(user)).name)) continue;
      if (!*calls) return unreachable(fmt::format("{} holds its address", patched_.atom(user).name));
      if (user != id) callers.push_back(user);
    }
    if (callers.empty()) return unreachable("nothing in this unit calls it");
    std::string names;
    for (const AtomId caller : callers) {
      names += (names.empty() ? "" : ", ") + patched_.atom(caller).name;
      TRY(take_function(caller));
    }
    selection_.notes.push_back(
        {"delta.lifted",
         fmt::format("{} has no ftrace entry: what calls it is replaced instead ({})", atom.name, names)});
    return {};
  }

  bool is_lifted(AtomId id) const { return std::ranges::find(lifted_, id) != lifted_.end(); }

  /// Nothing: `user` does not refer to it. True: it calls it, and no more.
  std::optional<bool> use_of(AtomId user, AtomId target) {
    std::optional<bool> calls;
    // Snippets only jump back to the function that they are part of.
    const bool snippet = patched_.atom(user).kind == AtomKind::kPrivate &&
                         patched_.section_of(patched_.atom(user)).executable();
    if (snippet) return std::nullopt;
    const bool code = patched_.atom(user).kind == AtomKind::kFunction;
    for_each_range(user, [&](std::span<const Reference> references) -> Result<void> {
      for (const Reference& reference : references) {
        if (reference.target != target || (user == target && reference.addend != 0)) continue;
        // A table's entry about the function itself (its call to ftrace, an exception) is no use of it.
        if (user == target && !reference.branch) continue;
        calls = calls.value_or(true) && code && reference.branch;
      }
      return {};
    });
    return calls;
  }

  /// A changed constant can be shipped when only this unit's functions read it: they are shipped with it.
  Result<void> take_constant(AtomId id, const elf::Section& home) {
    const Atom& atom = patched_.atom(id);
    const auto changed = [&](std::string why) {
      return refuse("delta.data-changed",
                    fmt::format("the data {} in {} changed, and {}", atom.name, home.name, why),
                    "express the change in code; or, if its readers cope, declare it in the fix's text: "
                    "\"Suture-Update-Data: " +
                        stable_name(atom.name) + "\" (docs/patch-authors.md)");
    };
    if (home.name == ".modinfo") return {};  // what tools read of the file
    if (home.writable()) return changed("it is in use");
    if (!home.name.starts_with(".rodata") && !home.name.starts_with(".exit.rodata"))
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

  /// Other units of the fix may call them.
  void take_new_globals() {
    for (AtomId id = 0; id < patched_.atoms().size(); ++id) {
      const Atom& atom = patched_.atom(id);
      const elf::Section& home = patched_.section_of(atom);
      const bool is_code = atom.kind == AtomKind::kFunction && !is_exit_section(home.name);
      const bool ordinary = is_code || home.name.starts_with(".data") || home.name.starts_with(".bss") ||
                            home.name.starts_with(".rodata");
      if (atom.global && ordinary && correlation_.original_of[id] == kNoAtom && !is_init_section(home.name))
        ship(id);
    }
  }

  void ship(AtomId id) {
    if (shipped_[id]) return;
    shipped_[id] = true;
    open_.push_back(id);
  }

  /// Calls `use` for the references of an atom, of its entries in the kernel's tables, and of what those
  /// bring along. The first error is kept.
  template <class Use>
  void for_each_range(AtomId id, Use use) {
    const auto visit = [&](std::span<const Reference> references) {
      if (failure_) return;
      if (Result<void> done = use(references); !done) failure_ = std::move(done).error();
    };
    visit(patched_.references(patched_.atom(id)));
    for (const SpecialEntry& entry : units_.patched_entries.of(id)) {
      visit(patched_.references(entry.section, entry.offset, entry.size));
      const Companion& companion = entry.companion;
      if (companion.exists()) visit(patched_.references(companion.section, companion.offset, companion.size));
    }
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

  const UnitPair& units_;
  const Unit& original_;
  const Unit& patched_;
  const Correlation& correlation_;
  Selection selection_;
  std::vector<bool> shipped_;
  std::vector<AtomId> open_;    ///< shipped, references not yet followed
  std::vector<AtomId> lifted_;  ///< shipped without an ftrace entry: their callers are replaced
  std::optional<Error> failure_;
};

}  // namespace

bool is_init_section(std::string_view name) {
  for (const std::string_view prefix :
       {".init.", ".initcall", ".head.text", ".con_initcall", ".x86_cpu_dev"}) {
    if (name.starts_with(prefix)) return true;
  }
  return name.ends_with(".init");
}

bool is_exit_section(std::string_view name) {
  return name.starts_with(".exit.") || name.starts_with(".exitcall");
}

Result<Selection> select_shipped(const UnitPair& units, const Correlation& correlation,
                                 const std::vector<AtomId>& changed) {
  return Selector(units, correlation).run(changed);
}

}  // namespace suture
