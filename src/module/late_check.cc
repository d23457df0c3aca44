// SPDX-License-Identifier: Apache-2.0
#include "module/late_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace suture {
namespace {

/// Sections whose content only the module's own code looks at, or that are looked at when it runs.
constexpr std::array<std::string_view, 3> kPlain{".text", ".rodata", ".data"};

struct Site {
  std::uint32_t section;
  std::uint64_t offset;
  std::uint64_t size;
};

/// The code that the entries of a table are about. Each begins with a pointer to it, and has its length in
/// the byte at `length`.
void add_sites(const elf::Object& module, const elf::Section& table, std::uint64_t pointers,
               std::uint64_t length, std::vector<Site>& sites) {
  for (std::size_t i = 0; i < table.relocations.size(); i += pointers) {
    const elf::Relocation& key = table.relocations[i];
    const elf::Symbol& symbol = module.symbols[key.symbol];
    const std::uint64_t at = key.offset + length;
    if (!symbol.defined_in_section() || at >= table.data.size()) continue;
    sites.push_back({symbol.section, symbol.value + static_cast<std::uint64_t>(key.addend), table.data[at]});
  }
}

std::vector<Site> rewritten_sites(const elf::Object& module) {
  std::vector<Site> sites;
  // struct paravirt_patch_site: u8 *instr, u8 type, u8 len.
  if (const elf::Section* table = module.find_section(".parainstructions"))
    add_sites(module, *table, 1, 9, sites);
  // struct alt_instr: two 4-byte pointers; u16 cpuid, u8 instrlen up to 6.2, u32 flags, u8 instrlen (14
  // bytes) since.
  if (const elf::Section* table = module.find_section(".altinstructions")) {
    const bool several = table->relocations.size() > 2;
    const std::uint64_t size =
        several ? table->relocations[2].offset - table->relocations[0].offset : table->size;
    add_sites(module, *table, 2, size == 14 ? 12 : 10, sites);
  }
  return sites;
}

}  // namespace

Result<void> check_late_relocations(const elf::Object& module) {
  const std::vector<Site> rewritten = rewritten_sites(module);
  for (const elf::LateRelocations& late : module.late_relocations) {
    if (late.name.starts_with(".klp.rela.vmlinux.")) continue;
    const elf::Section& section = module.sections[late.section];
    const bool plain = std::ranges::find(kPlain, section.name) != kPlain.end();
    const bool in_rewritten_code =
        std::ranges::any_of(late.relocations, [&](const elf::Relocation& relocation) {
          return std::ranges::any_of(rewritten, [&](const Site& site) {
            return site.section == late.section && relocation.offset >= site.offset &&
                   relocation.offset < site.offset + site.size;
          });
        });
    if (plain && !in_rewritten_code) continue;
    return fail(
        "module.late-table", "link the module",
        fmt::format("{} needs a symbol of a module before that module may be there ({})", section.name,
                    late.name),
        "the fix touches an alternative, a static key or a static call of the module: leave that out");
  }
  return {};
}

}  // namespace suture
