// SPDX-License-Identifier: Apache-2.0
#include "delta/compare.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "delta/line_numbers.h"

namespace suture {
namespace {

struct Range {
  std::uint32_t section;
  std::uint64_t offset;
  std::uint64_t size;
};

class Comparison {
 public:
  Comparison(const UnitPair& units, const Correlation& correlation)
      : original_(units.original),
        original_entries_(units.original_entries),
        patched_(units.patched),
        patched_entries_(units.patched_entries),
        correlation_(correlation) {}

  /// What a private atom is, only its bytes tell; so the pairs of them that these two refer to must be the
  /// same as well. Each pair is looked at once, for they may refer to each other in a ring.
  bool same(AtomId original, AtomId patched) {
    met_.clear();
    pending_.clear();
    meet(original, patched);
    if (!same_entries(original, patched)) return false;
    while (!pending_.empty()) {
      const auto [a, b] = pending_.back();
      pending_.pop_back();
      if (!same_atom(original_.atom(a), patched_.atom(b))) return false;
    }
    return true;
  }

 private:
  void meet(AtomId original, AtomId patched) {
    if (met_.emplace(original, patched).second) pending_.emplace_back(original, patched);
  }

  bool same_atom(const Atom& a, const Atom& b) {
    const elf::Section& home_a = original_.section_of(a);
    const elf::Section& home_b = patched_.section_of(b);
    const bool same_home =
        home_a.writable() == home_b.writable() && home_a.executable() == home_b.executable();
    return a.kind == b.kind && a.size == b.size && same_home && same_code(a, b);
  }

  bool same_range(const Range& a, const Range& b) {
    return a.size == b.size && same_references(a, b) &&
           same_bytes(a, b, original_.references(a.section, a.offset, a.size));
  }

  bool same_references(const Range& a, const Range& b) {
    const auto same = [&](const Reference& x, const Reference& y) {
      return x.offset - a.offset == y.offset - b.offset && same_reference(x, y);
    };
    return std::ranges::equal(original_.references(a.section, a.offset, a.size),
                              patched_.references(b.section, b.offset, b.size), same);
  }

  bool same_code(const Atom& a, const Atom& b) {
    const Range range_a{a.section, a.offset, a.size};
    const Range range_b{b.section, b.offset, b.size};
    if (!same_references(range_a, range_b)) return false;
    if (same_bytes(range_a, range_b, original_.references(a))) return true;
    // Most functions differ in nothing, so only now is it worth to know where constants stand that are lines.
    if (!original_.section_of(a).executable()) return false;
    const std::vector<std::uint64_t> lines = line_number_fields(original_, a);
    return !lines.empty() && lines == line_number_fields(patched_, b) &&
           same_bytes(range_a, range_b, original_.references(a), lines);
  }

  /// Outside of the fields which relocations fill, and of line numbers.
  bool same_bytes(const Range& a, const Range& b, std::span<const Reference> references,
                  std::span<const std::uint64_t> lines = {}) const {
    const ByteView bytes_a = original_.bytes(a.section, a.offset, a.size);
    const ByteView bytes_b = patched_.bytes(b.section, b.offset, b.size);
    if (bytes_a.size() != bytes_b.size()) return false;
    const std::string& section = original_.object().sections[a.section].name;
    auto next = references.begin();
    auto line = lines.begin();
    for (std::size_t i = 0; i < bytes_a.size(); ++i) {
      if (line != lines.end() && i == *line) {
        i += sizeof(std::uint32_t) - 1;
        ++line;
        continue;
      }
      if (next != references.end() && i == next->offset - a.offset) {
        i += std::max<std::size_t>(next->width, 1) - 1;
        ++next;
        continue;
      }
      const std::uint8_t difference = bytes_a[i] ^ bytes_b[i];
      if (difference != 0 && (difference & ~line_number_bits(section, a.size, i)) != 0) return false;
    }
    return true;
  }

  /// The assembler writes a call to a local function as PC32 and to a global one as PLT32: the same in a
  /// kernel.
  static std::uint32_t normal_type(std::uint32_t type) {
    return type == R_X86_64_PLT32 ? R_X86_64_PC32 : type;
  }

  bool same_reference(const Reference& a, const Reference& b) {
    if (normal_type(a.type) != normal_type(b.type) || a.bias != b.bias) return false;
    if (leads_to_table(original_, a) && leads_to_table(patched_, b)) return same_entry_named(a, b);
    if (a.addend != b.addend) return false;
    if (a.target == kNoAtom || b.target == kNoAtom) {
      return a.target == b.target && original_.symbol_name(a) == patched_.symbol_name(b);
    }
    if (patched_.atom(b.target).kind != AtomKind::kPrivate) {
      return correlation_.original_of[b.target] == a.target;
    }
    meet(a.target, b.target);
    return true;
  }

  /// What the entries say is compared with their owners.
  bool same_entry_named(const Reference& a, const Reference& b) const {
    const SpecialEntry* x = original_entries_.named_by(original_, a);
    const SpecialEntry* y = patched_entries_.named_by(patched_, b);
    if (x == nullptr && y == nullptr) return same_outside(a, b);
    return x != nullptr && y != nullptr && x->place == y->place &&
           original_.object().sections[x->section].name == patched_.object().sections[y->section].name &&
           correlation_.original_of[y->owner] == x->owner;
  }

  /// Into a section that has neither atoms nor entries, such as one that is discarded: the same place in the
  /// same bytes.
  bool same_outside(const Reference& a, const Reference& b) const {
    const elf::Symbol& x = original_.object().symbols[a.symbol];
    const elf::Symbol& y = patched_.object().symbols[b.symbol];
    const elf::Section& home_x = original_.object().sections[x.section];
    const elf::Section& home_y = patched_.object().sections[y.section];
    return home_x.name == home_y.name && home_x.data == home_y.data &&
           x.value + static_cast<std::uint64_t>(a.addend) == y.value + static_cast<std::uint64_t>(b.addend);
  }

  using Entries = std::vector<const SpecialEntry*>;

  static Entries telling(const Unit& unit, std::span<const SpecialEntry> entries) {
    Entries result;
    for (const SpecialEntry& entry : entries) {
      if (says_more_than_code(unit.object().sections[entry.section].name)) result.push_back(&entry);
    }
    std::ranges::stable_sort(result, {}, [&](const SpecialEntry* entry) {
      return std::pair(unit.object().sections[entry->section].name, entry->place);
    });
    return result;
  }

  bool same_entries(AtomId original, AtomId patched) {
    const Entries a = telling(original_, original_entries_.of(original));
    const Entries b = telling(patched_, patched_entries_.of(patched));
    return std::ranges::equal(
        a, b, [&](const SpecialEntry* x, const SpecialEntry* y) { return same_entry(*x, *y); });
  }

  bool same_entry(const SpecialEntry& a, const SpecialEntry& b) {
    const std::string& section = original_.object().sections[a.section].name;
    if (section != patched_.object().sections[b.section].name || a.place != b.place || a.size != b.size)
      return false;
    if (a.companion.exists() != b.companion.exists()) return false;
    if (!a.companion.exists())
      return same_range({a.section, a.offset, a.size}, {b.section, b.offset, b.size});
    // What is pointed to is compared below; where it lies among other functions' replacements says nothing.
    const std::uint64_t pointers = 8;
    return same_range({a.section, a.offset + pointers, a.size - pointers},
                      {b.section, b.offset + pointers, b.size - pointers}) &&
           same_range({a.companion.section, a.companion.offset, a.companion.size},
                      {b.companion.section, b.companion.offset, b.companion.size});
  }

  const Unit& original_;
  const SpecialEntries& original_entries_;
  const Unit& patched_;
  const SpecialEntries& patched_entries_;
  const Correlation& correlation_;
  std::set<std::pair<AtomId, AtomId>> met_{};
  std::vector<std::pair<AtomId, AtomId>> pending_{};
};

}  // namespace

std::vector<AtomId> changed_atoms(const UnitPair& units, const Correlation& correlation) {
  Comparison comparison(units, correlation);
  std::vector<AtomId> changed;
  for (AtomId id = 0; id < units.patched.atoms().size(); ++id) {
    const AtomId from = correlation.original_of[id];
    if (from != kNoAtom && !comparison.same(from, id)) changed.push_back(id);
  }
  return changed;
}

}  // namespace suture
