// SPDX-License-Identifier: Apache-2.0
#include "delta/check.h"

#include <fmt/format.h>

#include <algorithm>

namespace suture {
namespace {

class Checker {
 public:
  Checker(const Unit& original, const SpecialEntries& original_entries, const Unit& patched,
          const Correlation& correlation)
      : original_(original),
        original_entries_(original_entries),
        patched_(patched),
        correlation_(correlation) {}

  Result<void> run(const Selection& selection) const {
    for (const AtomId id : selection.replaced) TRY(has_ftrace_entry(id));
    for (const AtomId id : selection.shipped) TRY(ordinary_shipped(id));
    for (AtomId id = 0; id < patched_.atoms().size(); ++id) {
      if (correlation_.original_of[id] == kNoAtom) TRY(ordinary_new(id));
    }
    return same_btf_ids();
  }

 private:
  std::unexpected<Error> refuse(std::string code, std::string why, std::string hint = {}) const {
    return fail(std::move(code), "make a delta of " + patched_.name(), std::move(why), std::move(hint));
  }

  /// klp reaches a function through the call that ftrace has at its start (behind endbr64, if there is one).
  /// Objtool may have made a no-op of the call; then the table of such places still has it.
  Result<void> has_ftrace_entry(AtomId id) const {
    constexpr std::uint64_t kFurthest = 16;
    const AtomId original = correlation_.original_of[id];
    const Atom& atom = original_.atom(original);
    for (const elf::Relocation& relocation : original_.section_of(atom).relocations) {
      const bool at_start = relocation.offset >= atom.offset && relocation.offset - atom.offset < kFurthest;
      if (at_start && original_.object().symbols[relocation.symbol].name == "__fentry__") return {};
    }
    for (const SpecialEntry& entry : original_entries_.of(original)) {
      const std::string& section = original_.object().sections[entry.section].name;
      if (section == "__mcount_loc" && entry.place >= 0 &&
          static_cast<std::uint64_t>(entry.place) < kFurthest)
        return {};
    }
    return refuse("delta.no-ftrace-entry",
                  fmt::format("{} changed, but has no ftrace entry, so livepatch cannot redirect it",
                              patched_.atom(id).name),
                  "express the change in a function that calls it");
  }

  Result<void> ordinary_shipped(AtomId id) const {
    const Atom& atom = patched_.atom(id);
    const std::string& section = patched_.section_of(atom).name;
    if (section.starts_with(".data..percpu")) {
      return refuse("delta.percpu-added", fmt::format("the fix adds the per-CPU variable {}", atom.name));
    }
    for (const Reference& reference : patched_.references(atom)) {
      if (reference.target == kNoAtom) continue;
      const Atom& target = patched_.atom(reference.target);
      if (is_init_section(patched_.section_of(target).name)) {
        return refuse(
            "delta.init-referenced",
            fmt::format("{} refers to {}, which is gone once the kernel runs", atom.name, target.name));
      }
    }
    return {};
  }

  /// New data that nothing shipped refers to may still mean something: the kernel finds some by their
  /// section.
  Result<void> ordinary_new(AtomId id) const {
    const Atom& atom = patched_.atom(id);
    const std::string& section = patched_.section_of(atom).name;
    if (atom.kind != AtomKind::kData) return {};
    if (section.starts_with("___ksymtab") || section.starts_with("__ksymtab") ||
        section == ".export_symbol") {
      return refuse("delta.export-added", fmt::format("the fix exports a symbol: {}", atom.name),
                    "modules which want it were built later than this kernel; leave the export out");
    }
    if (is_init_section(section)) {
      return refuse("delta.init-changed",
                    fmt::format("the fix adds {} in {}, which runs only at the start", atom.name, section));
    }
    for (const std::string_view prefix : {".rodata", ".data", ".bss"}) {
      if (section.starts_with(prefix)) return {};
    }
    return refuse(
        "delta.unsupported-section",
        fmt::format("the fix adds {} to the section {}, which this version cannot ship", atom.name, section));
  }

  /// .BTF_ids is filled in when the kernel is linked; in objects only the order of its labels tells what is
  /// in it.
  Result<void> same_btf_ids() const {
    const auto labels = [](const Unit& unit) {
      std::vector<std::string> names;
      for (const Atom& atom : unit.atoms()) {
        if (unit.section_of(atom).name == ".BTF_ids") names.push_back(stable_name(atom.name));
      }
      return names;
    };
    if (labels(original_) == labels(patched_)) return {};
    return refuse("delta.btf-ids-changed",
                  "the fix changes a set of BTF ids, which the kernel's build fills in");
  }

  const Unit& original_;
  const SpecialEntries& original_entries_;
  const Unit& patched_;
  const Correlation& correlation_;
};

}  // namespace

Result<void> check_shippable(const Unit& original, const SpecialEntries& original_entries,
                             const Unit& patched, const Correlation& correlation,
                             const Selection& selection) {
  return Checker(original, original_entries, patched, correlation).run(selection);
}

}  // namespace suture
