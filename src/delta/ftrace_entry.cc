// SPDX-License-Identifier: Apache-2.0
#include "delta/ftrace_entry.h"

#include <algorithm>

namespace suture {

bool has_ftrace_entry(const Unit& unit, const SpecialEntries& entries, AtomId function) {
  constexpr std::uint64_t kFurthest = 16;
  const Atom& atom = unit.atom(function);
  // Straight from the object: no reference stands for a relocation of type NONE, as a no-op has it.
  const bool called =
      std::ranges::any_of(unit.section_of(atom).relocations, [&](const elf::Relocation& relocation) {
        return relocation.offset >= atom.offset && relocation.offset - atom.offset < kFurthest &&
               unit.object().symbols[relocation.symbol].name == "__fentry__";
      });
  return called || std::ranges::any_of(entries.of(function), [&](const SpecialEntry& entry) {
           return unit.object().sections[entry.section].name == "__mcount_loc" && entry.place >= 0 &&
                  static_cast<std::uint64_t>(entry.place) < kFurthest;
         });
}

}  // namespace suture
