// SPDX-License-Identifier: Apache-2.0
//
// Tables about code which the kernel finds by section name: where to patch in alternatives, which instruction
// may fault, where a WARN is. Compiler, assembler macros and objtool append to them from everywhere, so a
// unit has one table for all its functions, and each entry belongs to the function that it points into. What
// is shipped carries just the entries of the functions which are shipped.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "delta/delta.h"
#include "delta/unit.h"

namespace suture {

/// Of any of the tables below, or a section that only they refer to.
bool is_special_section(std::string_view name);
/// What no shipped module needs and no comparison looks at: notes, objtool's hints, printk's index, and the
/// compiler's list of the room for call thunks, which the kernel's own link discards.
bool is_ignored_section(std::string_view name);

/// By which DeltaOptions::entry_sizes names the tables' entries.
std::vector<std::string_view> table_entry_names();

/// Bytes that lie elsewhere and come along with an entry.
struct Companion {
  std::uint32_t section = elf::kUndefined;  ///< kUndefined: there is none
  std::uint64_t offset = 0;
  std::uint64_t size = 0;

  bool exists() const { return section != elf::kUndefined; }
};

struct SpecialEntry {
  std::uint32_t section = 0;
  std::uint64_t offset = 0;  ///< in its section
  std::uint64_t size = 0;
  AtomId owner = kNoAtom;  ///< the function that it is about
  std::int64_t place = 0;  ///< offset in the owner; its size for the entry that ends an unwind table
  Companion companion{};   ///< the replacement code of an alternative; the state of an unwind entry
};

/// Code may name an entry of its own: WARN hands it to the trap's handler (__WARN_printf(),
/// arch/x86/include/asm/bug.h, since 6.19).
inline bool leads_to_table(const Unit& unit, const Reference& reference) {
  return reference.target == kNoAtom && unit.object().symbols[reference.symbol].defined_in_section();
}

/// All entries of a unit, those of one owner together, each owner's by section and offset.
class SpecialEntries {
 public:
  /// "delta.special-section-shape" when a table is not what the kernel's headers say.
  static Result<SpecialEntries> read(const Unit& unit, const DeltaOptions& options = {});
  std::span<const SpecialEntry> of(AtomId owner) const;
  const std::vector<SpecialEntry>& all() const { return entries_; }
  /// The entry which begins where this reference leads; nullptr if none does.
  const SpecialEntry* named_by(const Unit& unit, const Reference& reference) const;

 private:
  std::vector<SpecialEntry> entries_;
};

/// Whether differences between entries of this section mean that the function changed. Tables which follow
/// from the code alone (lock prefixes, return sites, unwind data, ftrace's calls) say nothing that the code
/// does not.
bool says_more_than_code(std::string_view section);
/// Bits of a byte of an entry, or of a debug descriptor, which hold a line number; 0 for all other bytes.
std::uint8_t line_number_bits(std::string_view section, std::uint64_t entry_size, std::uint64_t byte);

}  // namespace suture
