// SPDX-License-Identifier: Apache-2.0
#include "delta/special_sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "delta/callbacks.h"

namespace suture {
namespace {

enum class With : std::uint8_t { kNothing, kReplacement, kUnwindState };

/// One kind of table. The entry size depends on kernel version and configuration; unless it is given, of the
/// sizes that ever were, the one is right at which a pointer to code stands in each entry and no pointer
/// straddles two.
struct Kind {
  std::string_view section;
  std::string_view entry;             ///< by which DeltaOptions::entry_sizes names it
  std::array<std::uint8_t, 3> sizes;  ///< bytes of an entry; 0: no more
  bool compared;                      ///< see says_more_than_code()
  With with = With::kNothing;
};

constexpr std::array kKinds{
    // struct alt_instr, arch/x86/include/asm/alternative.h: 12 since 5.14, 13 (padlen) before, 14 since 6.3.
    Kind{".altinstructions", "alt_instr", {12, 13, 14}, true, With::kReplacement},
    // struct paravirt_patch_site, arch/x86/include/asm/paravirt_types.h.
    Kind{".parainstructions", "paravirt_patch_site", {16, 0, 0}, true},
    // struct exception_table_entry, arch/x86/include/asm/extable.h.
    Kind{"__ex_table", "exception_table_entry", {12, 0, 0}, true},
    // struct bug_entry, include/asm-generic/bug.h, with CONFIG_GENERIC_BUG_RELATIVE_POINTERS; 6 without
    // DEBUG_BUGVERBOSE; 16 with a pointer to the format, since 6.19.
    Kind{"__bug_table", "bug_entry", {12, 16, 6}, true},
    // struct jump_entry, include/linux/jump_label.h: relative since 5.0 on x86, three pointers before.
    Kind{"__jump_table", "jump_entry", {16, 24, 0}, true},
    // struct static_call_site, include/linux/static_call_types.h.
    Kind{".static_call_sites", "static_call_site", {8, 0, 0}, true},
    // LOCK_PREFIX, arch/x86/include/asm/alternative.h.
    Kind{".smp_locks", "smp_lock", {4, 0, 0}, false},
    // Written by objtool: tools/objtool/check.c, create_*_sections().
    Kind{".retpoline_sites", "retpoline_site", {4, 0, 0}, false},
    Kind{".return_sites", "return_site", {4, 0, 0}, false},
    Kind{".call_sites", "call_site", {4, 0, 0}, false},
    Kind{".ibt_endbr_seal", "ibt_endbr_seal", {4, 0, 0}, false},
    Kind{"__mcount_loc", "mcount_loc", {8, 0, 0}, false},
    // tools/objtool/orc_gen.c: addresses here, struct orc_entry of each in .orc_unwind.
    Kind{".orc_unwind_ip", "orc_unwind_ip", {4, 0, 0}, false, With::kUnwindState},
};

/// struct orc_entry, arch/x86/include/asm/orc_types.h: the states in .orc_unwind.
constexpr std::string_view kUnwindState = "orc_entry";
/// struct pi_entry, include/linux/printk.h, is told by those who know all sizes; .printk_index is not
/// shipped.
constexpr std::array<std::string_view, 2> kIgnoredEntries{"pi_entry", "printk_index"};

constexpr std::array<std::string_view, 2> kCompanionSections{".altinstr_replacement", ".orc_unwind"};

const Kind* kind_of(std::string_view section) {
  const auto* found = std::ranges::find(kKinds, section, &Kind::section);
  return found == kKinds.end() ? nullptr : found;
}

class TableReader {
 public:
  TableReader(const Unit& unit, std::uint32_t section, const Kind& kind, const DeltaOptions& options)
      : unit_(unit),
        section_(section),
        kind_(kind),
        options_(options),
        content_(unit.object().sections[section]) {}

  Result<void> read(std::vector<SpecialEntry>& entries) const {
    const std::optional<std::uint64_t> size = entry_size();
    if (!size) {
      const auto given = options_.entry_sizes.find(kind_.entry);
      if (given == options_.entry_sizes.end()) return wrong("its size and pointers fit no known entry");
      return wrong(fmt::format("its size and pointers do not fit a {} of {} bytes, as was asked for",
                               kind_.entry, given->second));
    }
    for (std::uint64_t offset = 0; offset < content_.size; offset += *size) {
      const auto references = unit_.references(section_, offset, *size);
      const Reference& key = references.front();
      if (jumps_to_itself(references)) continue;
      SpecialEntry entry{.section = section_,
                         .offset = offset,
                         .size = std::min(*size, content_.size - offset),
                         .owner = key.target,
                         .place = key.addend};
      if (kind_.with == With::kReplacement) entry.companion = TRY(replacement(entry));
      if (kind_.with == With::kUnwindState)
        entry.companion = TRY(unwind_state(offset / *size, content_.size / *size));
      entries.push_back(entry);
    }
    return {};
  }

 private:
  std::unexpected<Error> wrong(std::string why) const {
    return fail("delta.special-section-shape",
                fmt::format("read the table {} of {}", kind_.section, unit_.name()), std::move(why),
                "this kernel lays the table out in a way that this version of suture does not know");
  }

  /// A jump label whose jump leads to where it stands is one that a tool took out of use.
  bool jumps_to_itself(std::span<const Reference> references) const {
    return kind_.section == "__jump_table" && references.size() > 1 &&
           references[0].target == references[1].target && references[0].addend == references[1].addend;
  }

  std::optional<std::uint64_t> entry_size() const {
    const auto given = options_.entry_sizes.find(kind_.entry);
    if (given != options_.entry_sizes.end()) {
      const bool right = given->second != 0 && fits(given->second);
      return right ? std::optional(given->second) : std::nullopt;
    }
    for (const std::uint64_t size : kind_.sizes) {
      // Where entries are aligned, the last one may lack its padding.
      const std::uint64_t padding = size == 0 ? 0 : (size - content_.size % size) % size;
      if (size != 0 && padding < content_.alignment && fits(size)) return size;
    }
    return std::nullopt;
  }

  bool fits(std::uint64_t size) const {
    constexpr std::uint64_t kLargestEntry = 64;
    if (content_.data.size() != content_.size || size > kLargestEntry) return false;
    // A table of bare addresses never had another form.
    if (!kind_.compared && size != kind_.sizes[0]) return false;
    // Offset, pointer to the replacement, and its length in the twelfth byte at the earliest.
    constexpr std::uint64_t kShortestAlternative = 12;
    const bool alternative = kind_.with == With::kReplacement;
    if (alternative && (size < kShortestAlternative || content_.size % size != 0)) return false;
    for (std::uint64_t offset = 0; offset < content_.size; offset += size) {
      const auto references = unit_.references(section_, offset, size);
      if (references.empty() || references.front().offset != offset) return false;
      if (references.front().target == kNoAtom ||
          unit_.atom(references.front().target).kind != AtomKind::kFunction)
        return false;
      const Reference& last = references.back();
      if (last.offset + last.width > std::min(offset + size, content_.size)) return false;
    }
    return true;
  }

  Result<Companion> replacement(const SpecialEntry& entry) const {
    const auto references = unit_.references(section_, entry.offset, entry.size);
    // u8 replacementlen: the last byte of the 12-byte form, before padlen in the 13-byte one, last in the
    // 14-byte one.
    const std::uint64_t length = unit_.bytes(section_, entry.offset + (entry.size == 14 ? 13 : 11), 1)[0];
    if (references.size() != 2 || references[1].offset != entry.offset + 4)
      return wrong("an entry names no replacement");
    const elf::Symbol& symbol = unit_.object().symbols[references[1].symbol];
    if (!symbol.defined_in_section()) return Companion{};  // code that the kernel has ready, as objtool uses
    const std::int64_t offset = static_cast<std::int64_t>(symbol.value) + references[1].addend;
    if (offset < 0) return wrong("a replacement is outside of its section");
    Companion result{.section = symbol.section, .offset = static_cast<std::uint64_t>(offset), .size = length};
    if (length != 0 && unit_.bytes(result.section, result.offset, length).empty())
      return wrong("a replacement ends past its section");
    const std::uint64_t end = result.offset + length;
    const auto passes = [&](const Reference& field) { return field.offset + field.width > end; };
    if (std::ranges::any_of(unit_.references(result.section, result.offset, length), passes))
      return wrong("a relocated field passes the end of a replacement");
    return result;
  }

  Result<Companion> unwind_state(std::uint64_t index, std::uint64_t count) const {
    const auto& sections = unit_.object().sections;
    const auto state = std::ranges::find(sections, ".orc_unwind", &elf::Section::name);
    if (state == sections.end() || state->data.size() % count != 0)
      return wrong("it and .orc_unwind differ in length");
    const std::uint64_t size = state->data.size() / count;
    const auto given = options_.entry_sizes.find(kUnwindState);
    if (given != options_.entry_sizes.end() && given->second != size)
      return wrong(fmt::format("an entry of .orc_unwind has {} bytes, not {}", size, given->second));
    if (size == 0 || size > 16)
      return wrong(fmt::format("an entry of .orc_unwind would have {} bytes", size));
    return Companion{.section = static_cast<std::uint32_t>(state - sections.begin()),
                     .offset = index * size,
                     .size = size};
  }

  const Unit& unit_;
  std::uint32_t section_;
  const Kind& kind_;
  const DeltaOptions& options_;
  const elf::Section& content_;
};

}  // namespace

bool is_special_section(std::string_view name) {
  return kind_of(name) != nullptr ||
         std::ranges::find(kCompanionSections, name) != kCompanionSections.end() ||
         is_ignored_section(name) || is_author_section(name);
}

std::vector<std::string_view> table_entry_names() {
  std::vector<std::string_view> names;
  for (const Kind& kind : kKinds) names.push_back(kind.entry);
  names.push_back(kUnwindState);
  names.insert(names.end(), kIgnoredEntries.begin(), kIgnoredEntries.end());
  return names;
}

bool is_ignored_section(std::string_view name) {
  return name.starts_with(".discard.") || name.starts_with(".note.") || name == ".printk_index" ||
         name == "__patchable_function_entries" || name == ".comment";
}

Result<SpecialEntries> SpecialEntries::read(const Unit& unit, const DeltaOptions& options) {
  SpecialEntries result;
  for (std::uint32_t section = 0; section < unit.object().sections.size(); ++section) {
    const elf::Section& content = unit.object().sections[section];
    const Kind* kind = kind_of(content.name);
    if (kind == nullptr || !content.allocated() || content.size == 0) continue;
    TRY(TableReader(unit, section, *kind, options).read(result.entries_));
  }
  std::ranges::stable_sort(result.entries_, {}, &SpecialEntry::owner);
  return result;
}

std::span<const SpecialEntry> SpecialEntries::of(AtomId owner) const {
  const auto range = std::ranges::equal_range(entries_, owner, {}, &SpecialEntry::owner);
  return {range.begin(), range.end()};
}

const SpecialEntry* SpecialEntries::named_by(const Unit& unit, const Reference& reference) const {
  const elf::Symbol& symbol = unit.object().symbols[reference.symbol];
  const std::uint64_t place = symbol.value + static_cast<std::uint64_t>(reference.addend);
  const auto found = std::ranges::find_if(entries_, [&](const SpecialEntry& entry) {
    return entry.section == symbol.section && entry.offset == place;
  });
  return found == entries_.end() ? nullptr : &*found;
}

bool says_more_than_code(std::string_view section) {
  const Kind* kind = kind_of(section);
  return kind != nullptr && kind->compared;
}

std::uint8_t line_number_bits(std::string_view section, std::uint64_t entry_size, std::uint64_t byte) {
  // struct bug_entry: u16 line behind the two relative pointers.
  // With a pointer to the format, between the first two, since 6.19.
  const std::uint64_t line = entry_size - 4;
  if (section == "__bug_table" && entry_size >= 12 && (byte == line || byte == line + 1)) return 0xff;
  // struct _ddebug, include/linux/dynamic_debug.h: four pointers, then lineno:18. In __verbose before 5.9.
  if ((section == "__dyndbg" || section == "__verbose") && entry_size >= 40) {
    if (byte == 32 || byte == 33) return 0xff;
    if (byte == 34) return 0x03;
  }
  // struct source_location at the start of each, lib/ubsan.h: a pointer, then line and column.
  if (section.starts_with(".data..Lubsan_data") && byte >= 8 && byte < 16) return 0xff;
  return 0;
}

}  // namespace suture
