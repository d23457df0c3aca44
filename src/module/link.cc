// SPDX-License-Identifier: Apache-2.0
#include "module/link.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "module/late_check.h"

namespace suture {
namespace {

constexpr std::uint64_t kLivepatchRelocations = 0x00100000;  // SHF_RELA_LIVEPATCH, include/uapi/linux/elf.h
constexpr std::size_t kVersionEntry = 64;                    // struct modversion_info on 64-bit machines
constexpr std::size_t kLongestVersionName = kVersionEntry - sizeof(std::uint64_t) - 1;

/// One section for all code, one for all constants: the loader has fewer to place, and addresses say nothing
/// of how the unit was compiled. What the kernel knows by name keeps it.
std::string output_name(const elf::Section& section) {
  for (const std::string_view stem : {".text", ".rodata", ".bss"}) {
    if (section.name.starts_with(stem)) return std::string(stem);
    // What a module keeps for its removal must stay here, too.
    if (section.name.starts_with(".exit" + std::string(stem))) return std::string(stem);
  }
  for (const std::string_view code : {".ref.text", ".sched.text", ".fixup", ".altinstr_aux"}) {
    if (section.name == code) return ".text";
  }
  if (section.name.starts_with(".data") && !section.name.starts_with(".data..")) return ".data";
  if (section.name == ".exit.data") return ".data";
  return section.name;
}

/// The image is linked to lie above this (__START_KERNEL_map, arch/x86/include/asm/page_64_types.h). What is
/// below, as per-CPU variables are before 6.15, stays where it is when KASLR moves the kernel.
constexpr std::uint64_t kImage = 0xffffffff80000000;

class Linker {
 public:
  explicit Linker(const LinkInput& input) : input_(input) {
    parts_.push_back(&input.glue);
    for (const LinkPart& part : input.deltas) parts_.push_back(&part);
  }

  Result<elf::Object> link() {
    for (const LinkPart* part : parts_) place_sections(*part->object);
    for (std::size_t i = 0; i < parts_.size(); ++i) TRY(define_symbols(i));
    for (std::size_t i = 0; i < parts_.size(); ++i) TRY(refer_symbols(i));
    for (std::size_t i = 0; i < parts_.size(); ++i) move_relocations(i);
    add_late_relocations();
    TRY(add_versions());
    TRY(check_late_relocations(output_));
    // The glue has them as a table.
    if (input_.anchor) output_.late_relocations.clear();
    return std::move(output_);
  }

 private:
  /// Where a section of a part went.
  struct Place {
    std::uint32_t section = elf::kUndefined;  ///< kUndefined: dropped
    std::uint64_t offset = 0;
  };
  /// What a symbol of a part is in the module.
  struct Resolved {
    std::uint32_t symbol = elf::kUndefined;  ///< of output_
    std::int64_t distance = 0;               ///< from it
    std::string late_object{};  ///< that must be there first; empty: known when the module is loaded
  };

  void place_sections(const elf::Object& object) {
    std::vector<Place>& places = places_.emplace_back();
    for (const elf::Section& section : object.sections) {
      if (!is_linked(section) || section.size == 0) {
        // Symbols of empty sections still want an address.
        places.push_back(is_linked(section) ? Place{.section = output_section(section), .offset = 0}
                                            : Place{});
        continue;
      }
      const std::uint32_t index = output_section(section);
      elf::Section& to = output_.sections[index];
      const std::uint64_t offset = (to.size + section.alignment - 1) / section.alignment * section.alignment;
      if (to.type == SHT_NOBITS && section.type != SHT_NOBITS) {
        to.type = section.type;
        to.data.resize(to.size);
      }
      to.size = offset + section.size;
      if (to.type != SHT_NOBITS) {
        to.data.resize(offset, to.executable() ? 0xcc : 0);
        to.data.insert(to.data.end(), section.data.begin(), section.data.end());
        to.data.resize(to.size);
      }
      to.alignment = std::max(to.alignment, section.alignment);
      places.push_back({.section = index, .offset = offset});
    }
  }

  std::uint32_t output_section(const elf::Section& like) {
    const std::string name = output_name(like);
    const std::uint64_t flags = like.flags & (SHF_ALLOC | SHF_WRITE | SHF_EXECINSTR);
    const auto [found, added] =
        section_of_name_.try_emplace({name, flags}, static_cast<std::uint32_t>(output_.sections.size()));
    if (added) {
      output_.sections.push_back(
          {.name = name, .type = like.type, .flags = flags, .alignment = like.alignment});
      section_symbols_.push_back(add_symbol({.name = name, .type = STT_SECTION, .section = found->second}));
    }
    return found->second;
  }

  std::uint32_t add_symbol(elf::Symbol symbol) {
    output_.symbols.push_back(std::move(symbol));
    return static_cast<std::uint32_t>(output_.symbols.size() - 1);
  }

  bool replaces(std::size_t part, std::size_t symbol) const {
    return std::ranges::any_of(input_.aliases, [&](const LinkInput::Alias& alias) {
      return alias.replaces && alias.part + 1 == part && alias.symbol == symbol;
    });
  }

  Result<void> define_symbols(std::size_t part) {
    const elf::Object& object = *parts_[part]->object;
    std::vector<Resolved>& resolved = resolved_.emplace_back(object.symbols.size());
    for (std::size_t i = 0; i < object.symbols.size(); ++i) {
      elf::Symbol symbol = object.symbols[i];
      if (symbol.section == elf::kUndefined || symbol.type == STT_SECTION || symbol.type == STT_FILE)
        continue;
      if (symbol.defined_in_section()) {
        const Place& place = places_[part][symbol.section];
        if (place.section == elf::kUndefined) continue;
        symbol.section = place.section;
        symbol.value += place.offset;
      }
      const bool global = symbol.binding != STB_LOCAL;
      const std::string name = symbol.name;
      if (replaces(part, i)) symbol.name += kReplacementSuffix;
      resolved[i].symbol = add_symbol(std::move(symbol));
      if (global && !globals_.try_emplace(name, resolved[i].symbol).second) {
        return fail("module.duplicate-symbol", "link the module", fmt::format("two units define {}", name));
      }
    }
    return {};
  }

  Result<void> refer_symbols(std::size_t part) {
    const elf::Object& object = *parts_[part]->object;
    for (std::uint32_t i = 0; i < object.symbols.size(); ++i) {
      const elf::Symbol& symbol = object.symbols[i];
      if (symbol.section != elf::kUndefined || symbol.name.empty()) continue;
      const auto alias = std::ranges::find(input_.aliases, symbol.name, &LinkInput::Alias::name);
      const auto place = std::ranges::find(input_.places, symbol.name, &LinkInput::Place::name);
      const auto global = globals_.find(symbol.name);
      Resolved& resolved = resolved_[part][i];
      if (part == 0 && alias != input_.aliases.end()) {
        resolved = resolved_[alias->part + 1][alias->symbol];
      } else if (part == 0 && place != input_.places.end()) {
        resolved = at(places_[place->part + 1][place->section], place->offset);
      } else if (global != globals_.end() &&
                 (i >= parts_[part]->sources.size() || !parts_[part]->sources[i])) {
        resolved.symbol = global->second;
      } else {
        resolved = TRY(outside(*parts_[part], i));
      }
    }
    return {};
  }

  Resolved at(const Place& place, std::uint64_t offset) const {
    return {.symbol = section_symbols_[place.section],
            .distance = static_cast<std::int64_t>(place.offset + offset)};
  }

  /// A symbol that the running kernel defines.
  Result<Resolved> outside(const LinkPart& part, std::uint32_t index) {
    const std::string& name = part.object->symbols[index].name;
    if (index >= part.sources.size() || !part.sources[index]) {
      return fail("module.unresolved-symbol", "link the module", fmt::format("nothing defines {}", name));
    }
    const SymbolSource& source = *part.sources[index];
    if (source.exported_crc) return Resolved{.symbol = exported(name, *source.exported_crc)};
    if (input_.anchor && source.object == "vmlinux") return from_anchor(source);
    if (input_.anchor) return Resolved{.late_object = source.object};
    const std::uint32_t symbol =
        shared_symbol({.name = fmt::format(".klp.sym.{}.{},{}", source.object, source.name, source.sympos),
                       .binding = STB_GLOBAL,
                       .section = elf::kLivepatch});
    return Resolved{.symbol = symbol, .late_object = source.object};
  }

  std::uint32_t exported(const std::string& name, std::uint32_t crc) {
    versions_.insert_or_assign(name, crc);
    return shared_symbol({.name = name, .binding = STB_GLOBAL});
  }

  Result<Resolved> from_anchor(const SymbolSource& source) {
    if (!source.address) {
      return fail("module.no-address", "link the module",
                  fmt::format("where {} is in the kernel's image is not known", source.name));
    }
    if (*source.address < kImage) {
      return Resolved{.symbol = shared_symbol({.name = fmt::format("{}@{:#x}", source.name, *source.address),
                                               .section = elf::kAbsolute,
                                               .value = *source.address})};
    }
    return Resolved{.symbol = exported(input_.anchor->name, input_.anchor->crc),
                    .distance = static_cast<std::int64_t>(*source.address - input_.anchor->address)};
  }

  std::uint32_t shared_symbol(elf::Symbol symbol) {
    const auto [found, added] = outside_symbols_.try_emplace(symbol.name, 0);
    if (added) found->second = add_symbol(std::move(symbol));
    return found->second;
  }

  void move_relocations(std::size_t part) {
    const elf::Object& object = *parts_[part]->object;
    for (std::size_t i = 0; i < object.sections.size(); ++i) {
      const Place& place = places_[part][i];
      if (place.section == elf::kUndefined) continue;
      elf::Section& to = output_.sections[place.section];
      for (elf::Relocation relocation : object.sections[i].relocations) {
        if (relocation.type == R_X86_64_NONE) continue;
        relocation.offset += place.offset;
        const elf::Symbol& symbol = object.symbols[relocation.symbol];
        const std::string* late_object = nullptr;
        if (symbol.type == STT_SECTION) {
          const Place& target = places_[part][symbol.section];
          relocation.addend += static_cast<std::int64_t>(target.offset);
          relocation.symbol = section_symbols_[target.section];
        } else {
          const Resolved& resolved = resolved_[part][relocation.symbol];
          relocation.symbol = resolved.symbol;
          relocation.addend += resolved.distance;
          late_object = &resolved.late_object;
        }
        // The kernel takes anything but zero there for a relocation that was applied before.
        const std::size_t width = elf::relocation_width(relocation.type).value_or(0);
        std::fill_n(to.data.begin() + static_cast<std::ptrdiff_t>(relocation.offset), width, std::uint8_t{0});
        if (late_object == nullptr || late_object->empty()) {
          to.relocations.push_back(relocation);
        } else {
          // Symbols of vmlinux are there at once, also for the code of a module (and only in this table).
          const bool own = *late_object == "vmlinux" || input_.anchor;
          const std::string& object_name = own ? *late_object : parts_[part]->patches;
          late_relocations_[{place.section, object_name}].push_back(relocation);
        }
      }
    }
  }

  void add_late_relocations() {
    for (auto& [key, relocations] : late_relocations_) {
      const auto& [section, object] = key;
      output_.late_relocations.push_back(
          {.name = fmt::format(".klp.rela.{}.{}", object, output_.sections[section].name),
           .flags = SHF_ALLOC | SHF_INFO_LINK | kLivepatchRelocations,
           .section = section,
           .relocations = std::move(relocations)});
    }
  }

  Result<void> add_versions() {
    if (!input_.module_layout_crc) return {};
    versions_.insert_or_assign("module_layout", *input_.module_layout_crc);
    elf::Section section{.name = "__versions", .flags = SHF_ALLOC, .alignment = 32};
    for (const auto& [name, crc] : versions_) {
      if (name.size() > kLongestVersionName) {
        return fail("module.name-too-long", "link the module",
                    fmt::format("the table of versions has no room for {}", name));
      }
      const std::size_t at = section.data.size();
      section.data.resize(at + kVersionEntry);
      for (unsigned byte = 0; byte < sizeof crc; ++byte) {
        section.data[at + byte] = static_cast<std::uint8_t>(crc >> (8 * byte));
      }
      std::ranges::copy(name, section.data.begin() + static_cast<std::ptrdiff_t>(at + sizeof(std::uint64_t)));
    }
    section.size = section.data.size();
    output_.sections.push_back(std::move(section));
    return {};
  }

  const LinkInput& input_;
  std::vector<const LinkPart*> parts_;  ///< the glue, then the deltas
  elf::Object output_;
  std::vector<std::vector<Place>> places_;       ///< by part and section
  std::vector<std::vector<Resolved>> resolved_;  ///< by part and symbol
  std::map<std::pair<std::string, std::uint64_t>, std::uint32_t> section_of_name_;
  std::vector<std::uint32_t> section_symbols_;  ///< by section of output_
  std::map<std::string, std::uint32_t> globals_;
  std::map<std::string, std::uint32_t> outside_symbols_;
  std::map<std::pair<std::uint32_t, std::string>, std::vector<elf::Relocation>>
      late_relocations_;  ///< by section, object
  std::map<std::string, std::uint32_t> versions_;
};

}  // namespace

bool is_linked(const elf::Section& section) {
  return section.allocated() && !section.name.starts_with(".discard.") && !section.name.starts_with(".note.");
}

Result<elf::Object> link_module(const LinkInput& input) {
  return Linker(input).link();
}

}  // namespace suture
