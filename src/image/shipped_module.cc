// SPDX-License-Identifier: Apache-2.0
#include "image/shipped_module.h"

#include <fmt/format.h>

#include <algorithm>

#include "elf/module_name.h"
#include "image/module_file.h"

namespace suture {
namespace {

// Made-up addresses: bits 32 and up number the section, or behind the sections the symbol from elsewhere.
// Offsets and addends stay below 2 GiB, so ranges do not meet.
constexpr unsigned kRangeBits = 32;
constexpr std::uint64_t kMiddle = 1ull << (kRangeBits - 1);

std::uint64_t base_of(std::uint64_t range) {
  return ((range + 1) << kRangeBits) + kMiddle;
}

}  // namespace

Result<ShippedModule> ShippedModule::find_and_read(const std::filesystem::path& modules,
                                                   std::string_view name) {
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator entry(modules / "kernel", error), end;
       !error && entry != end; entry.increment(error)) {
    if (!entry->is_regular_file(error) || module_name(entry->path().native()) != name ||
        !is_module_file(entry->path()))
      continue;
    return parse(TRY(read_module_file(entry->path())), std::string(name));
  }
  return fail("image.no-module", fmt::format("find the module {} in {}", name, modules.string()),
              "there is none of that name");
}

Result<ShippedModule> ShippedModule::parse(ByteView file, std::string name) {
  elf::Object object = TRY(elf::parse_object(file, name + ".ko"));
  for (const elf::Section& section : object.sections) {
    if (section.size >= kMiddle)
      return fail("image.malformed-module", "read the module " + name, "a section is too large");
  }
  return ShippedModule(std::move(object), std::move(name));
}

ShippedModule::ShippedModule(elf::Object object, std::string name)
    : object_(std::move(object)), name_(std::move(name)) {
  for (elf::Section& section : object_.sections) {
    std::ranges::stable_sort(section.relocations, {}, &elf::Relocation::offset);
  }
  for (std::uint32_t i = 0; i < object_.symbols.size(); ++i) {
    if (object_.symbols[i].type != STT_SECTION) symbols_.emplace(object_.symbols[i].name, i);
  }
}

std::uint64_t ShippedModule::address_of(std::uint32_t index) const {
  const elf::Symbol& symbol = object_.symbols[index];
  if (symbol.defined_in_section()) return base_of(symbol.section) + symbol.value;
  if (symbol.section == elf::kAbsolute) return symbol.value;
  return base_of(object_.sections.size() + index);
}

std::vector<ShippedSymbol> ShippedModule::find(std::string_view name) const {
  std::vector<ShippedSymbol> result;
  const auto [begin, end] = symbols_.equal_range(name);
  for (auto it = begin; it != end; ++it) {
    const elf::Symbol& symbol = object_.symbols[it->second];
    if (symbol.section == elf::kUndefined) continue;
    result.push_back({.address = address_of(it->second),
                      .global = symbol.binding != STB_LOCAL,
                      .weak = symbol.binding == STB_WEAK});
  }
  return result;
}

std::vector<std::uint64_t> ShippedModule::addresses_of(std::string_view name) const {
  std::vector<std::uint64_t> result;
  const auto [begin, end] = symbols_.equal_range(name);
  for (auto it = begin; it != end; ++it) result.push_back(address_of(it->second));
  return result;
}

std::optional<ByteView> ShippedModule::bytes(std::uint64_t address, std::size_t size) const {
  const std::uint64_t range = (address >> kRangeBits) - 1;
  if (range >= object_.sections.size() || address < base_of(range)) return std::nullopt;
  const Bytes& data = object_.sections[range].data;
  const std::uint64_t offset = address - base_of(range);
  if (offset > data.size() || size > data.size() - offset) return std::nullopt;
  return ByteView(data).subspan(offset, size);
}

std::optional<std::uint64_t> ShippedModule::field(std::uint64_t address, std::size_t width, bool relative,
                                                  bool /*is_signed*/) const {
  const std::uint64_t range = (address >> kRangeBits) - 1;
  if (range >= object_.sections.size() || address < base_of(range)) return std::nullopt;
  const std::uint64_t offset = address - base_of(range);
  const std::vector<elf::Relocation>& relocations = object_.sections[range].relocations;
  for (auto it = std::ranges::lower_bound(relocations, offset, {}, &elf::Relocation::offset);
       it != relocations.end() && it->offset == offset; ++it) {
    const elf::Relocation& relocation = *it;
    if (relocation.type == R_X86_64_NONE) continue;
    if (elf::relocation_width(relocation.type).value_or(0) != width ||
        elf::is_pc_relative(relocation.type) != relative)
      return std::nullopt;
    return address_of(relocation.symbol) + static_cast<std::uint64_t>(relocation.addend);
  }
  // The linker itself fills in the distance between two places of one section.
  const std::optional<ByteView> content = bytes(address, width);
  if (!relative || !content || (width != 4 && width != 1)) return std::nullopt;
  std::uint64_t value = content->back() >= 0x80 ? ~std::uint64_t{0} : 0;
  for (std::size_t i = width; i-- > 0;) value = value << 8 | (*content)[i];
  return address + value;
}

}  // namespace suture
