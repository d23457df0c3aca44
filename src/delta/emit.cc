// SPDX-License-Identifier: Apache-2.0
#include "delta/emit.h"

#include <algorithm>
#include <map>

#include "delta/ftrace_entry.h"
#include "delta/jump_entry.h"

namespace suture {
namespace {

class Emitter {
 public:
  Emitter(const UnitPair& units, const Correlation& correlation)
      : units_(units),
        original_(units.original),
        patched_(units.patched),
        entries_(units.patched_entries),
        correlation_(correlation),
        symbol_of_(patched_.atoms().size(), elf::kUndefined) {
    delta_.unit = patched_.name();
  }

  Delta run(Selection selection) {
    // All symbols first, so that references among the shipped need no order.
    for (const AtomId id : selection.shipped) add_atom(id);
    for (const AtomId id : selection.replaced) add_function(id, id == selection.module_exit);
    list_exposed();
    for (const AtomId id : selection.shipped) {
      const Atom& atom = patched_.atom(id);
      const std::uint32_t section = delta_.object.symbols[symbol_of_[id]].section;
      copy_references({atom.section, atom.offset, atom.size}, section, atom.padding, Within::kCode);
    }
    for (const AtomId id : selection.shipped) {
      for (const SpecialEntry& entry : entries_.of(id)) add_entry(entry);
    }
    for (const NamedEntry& named : named_) lead_to_entry(named);
    delta_.notes = std::move(selection.notes);
    return std::move(delta_);
  }

 private:
  struct Range {
    std::uint32_t section;
    std::uint64_t offset;
    std::uint64_t size;
  };
  enum class Within : std::uint8_t { kCode, kTable };
  /// A relocation that leads to an entry, whose new place is known only when all are written.
  struct NamedEntry {
    std::uint32_t section = 0;  ///< of the delta's object
    std::size_t relocation = 0;
    const SpecialEntry* entry = nullptr;
  };

  void add_atom(AtomId id) {
    const Atom& atom = patched_.atom(id);
    const elf::Section& home = patched_.section_of(atom);
    elf::Section section{
        .name = home.name,
        .type = home.type,
        // Strings are not merged again, and a section for each atom leaves nothing to order.
        .flags = home.flags & ~static_cast<std::uint64_t>(SHF_MERGE | SHF_STRINGS | SHF_LINK_ORDER),
        .alignment = alignment_at(home, atom.offset - atom.padding),
        .size = atom.padding + atom.size};
    const ByteView bytes = patched_.bytes(atom.section, atom.offset - atom.padding, section.size);
    section.data.assign(bytes.begin(), bytes.end());
    const bool is_new = correlation_.original_of[id] == kNoAtom;
    // A cold part that was there before belongs to its function, which alone is replaced: it has no name.
    const bool belongs = !is_new && !parent_of_cold(atom.name).empty();
    const bool named = atom.symbol != elf::kUndefined && !belongs;
    elf::Symbol symbol{
        .name = named ? atom.name : section.name,
        .type = named ? patched_.object().symbols[atom.symbol].type : std::uint8_t{STT_SECTION},
        .binding = named && atom.global && is_new ? std::uint8_t{STB_GLOBAL} : std::uint8_t{STB_LOCAL},
        .section = static_cast<std::uint32_t>(delta_.object.sections.size()),
        .value = atom.padding,
        .size = named ? atom.size : 0};
    if (atom.padding != 0) {
      add_symbol({.name = patched_.object().symbols[atom.padding_symbol].name,
                  .type = STT_FUNC,
                  .section = symbol.section,
                  .size = atom.padding});
    }
    symbol_of_[id] = add_symbol(std::move(symbol));
    delta_.object.sections.push_back(std::move(section));
    if (named && is_new && atom.kind != AtomKind::kPrivate) delta_.added.push_back(atom.name);
  }

  static std::uint64_t alignment_at(const elf::Section& section, std::uint64_t offset) {
    const std::uint64_t natural = offset & (~offset + 1);
    return offset == 0 ? section.alignment : std::min(section.alignment, natural);
  }

  void add_function(AtomId id, bool module_exit) {
    const AtomId original = correlation_.original_of[id];
    const Atom& from = original_.atom(original);
    std::optional<JumpEntry> entry;
    if (units_.jumps && !module_exit && !has_ftrace_entry(original_, units_.original_entries, original))
      entry = jump_entry(original_, units_.original_entries, original);
    delta_.functions.push_back({.name = from.name,
                                .original_symbol = from.symbol,
                                .symbol = symbol_of_[id],
                                .old_size = from.size,
                                .new_size = patched_.atom(id).size,
                                .module_exit = module_exit,
                                .entry = entry});
  }

  void list_exposed() {
    for (AtomId id = 0; id < patched_.atoms().size(); ++id) {
      const AtomId from = correlation_.original_of[id];
      if (!patched_.atom(id).global || from == kNoAtom || original_.atom(from).global) continue;
      if (original_.atom(from).symbol != elf::kUndefined)
        delta_.exposed.push_back(original_.atom(from).symbol);
    }
  }

  std::uint32_t add_symbol(elf::Symbol symbol) {
    delta_.object.symbols.push_back(std::move(symbol));
    return static_cast<std::uint32_t>(delta_.object.symbols.size() - 1);
  }

  /// Copies the relocations of a range to where its bytes went.
  void copy_references(const Range& from, std::uint32_t section, std::uint64_t at, Within within) {
    for (const Reference& reference : patched_.references(from.section, from.offset, from.size)) {
      const SpecialEntry* entry = shipped_entry(reference);
      std::vector<elf::Relocation>& relocations = delta_.object.sections[section].relocations;
      if (entry != nullptr) named_.push_back({section, relocations.size(), entry});
      relocations.push_back(
          {.offset = reference.offset - from.offset + at,
           .type = reference.type,
           .symbol = entry == nullptr ? target_of(reference, within) : 0,
           .addend = (entry == nullptr ? reference.addend : std::int64_t{0}) - reference.bias});
    }
  }

  /// Such as go elsewhere were refused before (check.h), or name a symbol that nothing has.
  const SpecialEntry* shipped_entry(const Reference& reference) const {
    if (!leads_to_table(patched_, reference)) return nullptr;
    const SpecialEntry* entry = entries_.named_by(patched_, reference);
    return entry != nullptr && symbol_of_[entry->owner] != elf::kUndefined ? entry : nullptr;
  }

  void lead_to_entry(const NamedEntry& named) {
    elf::Relocation& relocation = delta_.object.sections[named.section].relocations[named.relocation];
    relocation.symbol = section_symbol(table(named.entry->section));
    relocation.addend += static_cast<std::int64_t>(place_of_.at(named.entry));
  }

  std::uint32_t target_of(const Reference& reference, Within within) {
    if (reference.target == kNoAtom)
      return need(patched_.symbol_name(reference), outside(patched_.symbol_name(reference)));
    const AtomId from = correlation_.original_of[reference.target];
    const bool shipped = symbol_of_[reference.target] != elf::kUndefined;
    if (shipped && !wants_original(reference, from, within)) return symbol_of_[reference.target];
    return need(original_.atom(from).name, original_.atom(from).symbol);
  }

  /// The address of a replaced function is kept by whoever gets it, perhaps for longer than the patch is
  /// loaded. So it is the original's: calls through it reach the new code as long as there is one.
  bool wants_original(const Reference& reference, AtomId original, Within within) const {
    const Atom& target = patched_.atom(reference.target);
    return within == Within::kCode && original != kNoAtom && target.kind == AtomKind::kFunction &&
           !reference.branch && reference.addend == 0 && parent_of_cold(target.name).empty();
  }

  /// An undefined symbol of the original object with that name.
  std::uint32_t outside(const std::string& name) const {
    const auto& symbols = original_.object().symbols;
    const auto found = std::ranges::find_if(symbols, [&](const elf::Symbol& symbol) {
      return symbol.name == name && symbol.section == elf::kUndefined;
    });
    return found == symbols.end() ? elf::kUndefined : static_cast<std::uint32_t>(found - symbols.begin());
  }

  std::uint32_t need(const std::string& name, std::uint32_t original_symbol) {
    const auto [found, added] = needs_.try_emplace({name, original_symbol}, 0);
    if (added) {
      found->second = add_symbol({.name = name, .binding = STB_GLOBAL});
      delta_.needs.push_back({.symbol = found->second, .original_symbol = original_symbol});
    }
    return found->second;
  }

  /// Of the two kinds that have something elsewhere, an alternative holds a pointer to it, an unwind address
  /// (of 4 bytes) does not: its state has the same index.
  void add_entry(const SpecialEntry& entry) {
    const std::uint32_t section = table(entry.section);
    const std::uint64_t at = append(section, {entry.section, entry.offset, entry.size});
    place_of_[&entry] = at;
    if (entry.companion.exists() && entry.size > 4) {
      copy_alternative(entry, section, at);
      return;
    }
    copy_references({entry.section, entry.offset, entry.size}, section, at, Within::kTable);
    if (entry.companion.exists()) {
      append(table(entry.companion.section),
             {entry.companion.section, entry.companion.offset, entry.companion.size});
    }
  }

  /// An alternative points to its replacement code, which moves to a section of its own as well.
  void copy_alternative(const SpecialEntry& entry, std::uint32_t section, std::uint64_t at) {
    copy_references({entry.section, entry.offset, 4}, section, at, Within::kTable);
    const std::uint32_t home = table(entry.companion.section);
    const Range replacement{entry.companion.section, entry.companion.offset, entry.companion.size};
    const std::uint64_t offset = append(home, replacement);
    copy_references(replacement, home, offset, Within::kCode);
    delta_.object.sections[section].relocations.push_back({.offset = at + 4,
                                                           .type = R_X86_64_PC32,
                                                           .symbol = section_symbol(home),
                                                           .addend = static_cast<std::int64_t>(offset)});
  }

  /// The delta's own section of that name.
  std::uint32_t table(std::uint32_t from) {
    const auto [found, added] =
        tables_.try_emplace(from, static_cast<std::uint32_t>(delta_.object.sections.size()));
    if (added) {
      const elf::Section& like = patched_.object().sections[from];
      delta_.object.sections.push_back({.name = like.name,
                                        .type = like.type,
                                        .flags = like.flags & ~static_cast<std::uint64_t>(SHF_LINK_ORDER),
                                        .alignment = like.alignment,
                                        .entry_size = like.entry_size});
    }
    return found->second;
  }

  std::uint64_t append(std::uint32_t section, const Range& from) {
    elf::Section& to = delta_.object.sections[section];
    to.data.resize((to.data.size() + to.alignment - 1) / to.alignment * to.alignment);
    const std::uint64_t at = to.data.size();
    const ByteView bytes = patched_.bytes(from.section, from.offset, from.size);
    to.data.insert(to.data.end(), bytes.begin(), bytes.end());
    to.size = to.data.size();
    return at;
  }

  std::uint32_t section_symbol(std::uint32_t section) {
    const auto [found, added] = section_symbols_.try_emplace(section, 0);
    if (added) {
      found->second =
          add_symbol({.name = delta_.object.sections[section].name, .type = STT_SECTION, .section = section});
    }
    return found->second;
  }

  const UnitPair& units_;
  const Unit& original_;
  const Unit& patched_;
  const SpecialEntries& entries_;
  const Correlation& correlation_;
  Delta delta_;
  std::vector<std::uint32_t>
      symbol_of_;  ///< by patched atom: in delta_.object.symbols; kUndefined: not shipped
  std::map<std::pair<std::string, std::uint32_t>, std::uint32_t> needs_;
  std::map<std::uint32_t, std::uint32_t> tables_;  ///< section of the patched object → of the delta's
  std::map<std::uint32_t, std::uint32_t> section_symbols_;
  std::vector<NamedEntry> named_;
  std::map<const SpecialEntry*, std::uint64_t> place_of_;  ///< by entry: its offset in the delta's table
};

}  // namespace

Delta emit_delta(const UnitPair& units, const Correlation& correlation, Selection selection) {
  return Emitter(units, correlation).run(std::move(selection));
}

}  // namespace suture
