// SPDX-License-Identifier: Apache-2.0
#include "delta/check.h"

#include <fmt/format.h>

#include <algorithm>

namespace suture {
namespace {

class Checker {
 public:
  Checker(const UnitPair& units, const Correlation& correlation, Selection& selection)
      : object_(units.object),
        original_(units.original),
        patched_(units.patched),
        entries_(units.patched_entries),
        correlation_(correlation),
        selection_(selection) {}

  Result<void> run() {
    for (const AtomId id : selection_.shipped) TRY(ordinary_shipped(id));
    for (AtomId id = 0; id < patched_.atoms().size(); ++id) {
      if (correlation_.original_of[id] == kNoAtom) TRY(ordinary_new(id));
    }
    return same_btf_ids();
  }

 private:
  std::unexpected<Error> refuse(std::string code, std::string why, std::string hint = {}) const {
    return fail(std::move(code), "make a delta of " + patched_.name(), std::move(why), std::move(hint));
  }

  Result<void> ordinary_shipped(AtomId id) const {
    const Atom& atom = patched_.atom(id);
    const std::string& section = patched_.section_of(atom).name;
    if (section.starts_with(".data..percpu")) {
      return refuse("delta.percpu-added", fmt::format("the fix adds the per-CPU variable {}", atom.name));
    }
    for (const Reference& reference : patched_.references(atom)) {
      if (leads_to_table(patched_, reference)) TRY(own_entry(id, reference));
      if (reference.target == kNoAtom) continue;
      const Atom& target = patched_.atom(reference.target);
      if (reference.type == R_X86_64_PC8) {
        return refuse(
            "delta.short-jump",
            fmt::format("{} reaches {} by a jump of two bytes, which cannot lead out of its section {}",
                        atom.name, target.name, section),
            "change the fix so that the compiler makes a call of it, not a jump to a function nearby");
      }
      if (is_gone(patched_.section_of(target).name)) {
        return refuse(
            "delta.init-referenced",
            fmt::format("{} refers to {}, which is gone once the kernel runs", atom.name, target.name));
      }
    }
    return {};
  }

  /// Only entries of what is shipped come along.
  Result<void> own_entry(AtomId id, const Reference& reference) const {
    const SpecialEntry* entry = entries_.named_by(patched_, reference);
    const bool comes_along =
        entry != nullptr && std::ranges::find(selection_.shipped, entry->owner) != selection_.shipped.end();
    if (comes_along) return {};
    return refuse(
        "delta.entry-elsewhere",
        fmt::format("{} refers to an entry of {} that is not its own", patched_.atom(id).name,
                    patched_.object().sections[patched_.object().symbols[reference.symbol].section].name));
  }

  /// New data that nothing shipped refers to may still mean something: the kernel finds some by their
  /// section.
  Result<void> ordinary_new(AtomId id) {
    const Atom& atom = patched_.atom(id);
    const std::string& section = patched_.section_of(atom).name;
    if (atom.kind != AtomKind::kData) return {};
    if (is_export(section)) {
      if (section.starts_with("___ksymtab")) leave_out("delta.export-left-out", atom, "export");
      return {};
    }
    if (section == ".modinfo") return {};  // what tools read of the file
    if (section == ".BTF_ids") return {};  // see same_btf_ids()
    if (section == "__param") {
      leave_out("delta.parameter-left-out", atom, "module parameter");
      return {};
    }
    if (is_exit_section(section)) return {};
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

  /// From the kernel, or the module, once it runs.
  bool is_gone(std::string_view section) const {
    return is_init_section(section) || (is_exit_section(section) && object_ == "vmlinux");
  }

  /// EXPORT_SYMBOL(), include/linux/export.h.
  static bool is_export(std::string_view section) {
    for (const std::string_view prefix : {"___ksymtab", "__ksymtab", "___kcrctab", "__kcrctab"}) {
      if (section.starts_with(prefix)) return true;
    }
    return section == ".export_symbol";
  }

  /// No harm: modules which want a new export were built later than this kernel, and a parameter has its
  /// default.
  void leave_out(std::string code, const Atom& atom, std::string_view what) {
    selection_.notes.push_back(
        {std::move(code), fmt::format("the {} {} is left out", what, stable_name(atom.name))});
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

  const std::string& object_;
  const Unit& original_;
  const Unit& patched_;
  const SpecialEntries& entries_;
  const Correlation& correlation_;
  Selection& selection_;
};

}  // namespace

Result<void> check_shippable(const UnitPair& units, const Correlation& correlation, Selection& selection) {
  return Checker(units, correlation, selection).run();
}

}  // namespace suture
