// SPDX-License-Identifier: Apache-2.0
#include "module/late_tables.h"

#include <algorithm>

namespace suture {
namespace {

std::size_t index_of(LateTables& tables, const SymbolSource& source) {
  const LateSymbol symbol{.object = source.object, .name = source.name, .sympos = source.sympos};
  const auto found = std::ranges::find(tables.symbols, symbol);
  const auto index = static_cast<std::size_t>(found - tables.symbols.begin());
  if (found == tables.symbols.end()) {
    tables.symbols.push_back(symbol);
    tables.sources.push_back(source);
  }
  return index;
}

}  // namespace

LateTables late_tables(const std::vector<LinkPart>& deltas) {
  LateTables tables;
  for (std::size_t part = 0; part < deltas.size(); ++part) {
    const LinkPart& delta = deltas[part];
    for (std::uint32_t i = 0; i < delta.object->sections.size(); ++i) {
      const elf::Section& section = delta.object->sections[i];
      if (!is_linked(section)) continue;
      for (const elf::Relocation& relocation : section.relocations) {
        if (relocation.type == R_X86_64_NONE || relocation.symbol >= delta.sources.size()) continue;
        const std::optional<SymbolSource>& source = delta.sources[relocation.symbol];
        if (!source || source->exported_crc) continue;
        const std::size_t symbol = index_of(tables, *source);
        if (!tables.symbols[symbol].of_module()) continue;
        tables.places.push_back({.part = part,
                                 .section = i,
                                 .offset = relocation.offset,
                                 .type = relocation.type,
                                 .addend = relocation.addend,
                                 .symbol = symbol,
                                 .patches = delta.patches});
      }
    }
  }
  return tables;
}

}  // namespace suture
