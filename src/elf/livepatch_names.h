// SPDX-License-Identifier: Apache-2.0
//
// What livepatch modules say in the names of symbols and sections:
// Documentation/livepatch/module-elf-format.rst.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace suture::elf {

/// ".klp.sym.OBJECT.NAME,SYMPOS"
struct LivepatchSymbol {
  std::string object;
  std::string name;
  std::uint32_t sympos = 0;
};
std::optional<LivepatchSymbol> parse_livepatch_symbol(std::string_view name);

/// ".klp.rela.OBJECT.SECTION"
struct LivepatchRelocations {
  std::string object;
  std::string section;
};
std::optional<LivepatchRelocations> parse_livepatch_relocations(std::string_view name);

}  // namespace suture::elf
