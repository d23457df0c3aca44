// SPDX-License-Identifier: Apache-2.0
#include "delta/jump_entry.h"

#include <algorithm>

#include "delta/instruction.h"
#include "delta/special_sections.h"
#include "delta/unit.h"

namespace suture {
namespace {

constexpr std::array<std::uint8_t, 4> kEndbr64{0xf3, 0x0f, 0x1e, 0xfa};
constexpr std::uint64_t kJump = 5;  // jmp rel32

/// Tables that tell of places in code, but lead nobody there and change nothing of what this entry has.
constexpr std::array<std::string_view, 3> kHarmless{".orc_unwind_ip", "__mcount_loc", ".ibt_endbr_seal"};

bool is_harmless(const elf::Section& section) {
  return !section.allocated() || is_ignored_section(section.name) ||
         std::ranges::find(kHarmless, section.name) != kHarmless.end();
}

class Finder {
 public:
  Finder(const Unit& unit, const SpecialEntries& entries, AtomId function)
      : unit_(unit),
        entries_(entries),
        function_(function),
        atom_(unit.atom(function)),
        code_(unit.bytes(atom_)) {}

  std::optional<JumpEntry> run() {
    const bool marked = code_.size() >= kEndbr64.size() && std::ranges::equal(code_.first(4), kEndbr64);
    length_ = kJump + (marked ? kEndbr64.size() : 0);
    if (code_.size() < length_ || branches_inside() || others_lead_inside() || tables_have_it())
      return std::nullopt;
    JumpEntry entry{.length = static_cast<std::uint8_t>(length_)};
    std::ranges::copy(code_.first(length_), entry.bytes.begin());
    std::fill_n(entry.mask.begin(), length_, std::uint8_t{0xff});
    if (marked) std::fill_n(entry.mask.begin(), kEndbr64.size(), std::uint8_t{0});
    for (const Reference& field : unit_.references(atom_.section, atom_.offset, length_)) {
      for (std::uint64_t i = 0; i < field.width; ++i) {
        const std::uint64_t at = field.offset - atom_.offset + i;
        if (at < length_) entry.mask[at] = 0;
      }
    }
    return entry;
  }

 private:
  bool is_inside(std::int64_t place) const { return place > 0 && place < static_cast<std::int64_t>(length_); }

  /// Jumps within the function, which have no relocation. Code that cannot be read may hold any.
  bool branches_inside() const {
    for (std::size_t at = 0; at < code_.size();) {
      const std::optional<Instruction> instruction = decode(code_.subspan(at));
      if (!instruction) return true;
      for (const InstructionField& field : instruction->fields()) {
        const std::uint64_t place = at + field.offset;
        const bool relocated = !unit_.references(atom_.section, atom_.offset + place, field.width).empty();
        if (!field.branch || relocated) continue;
        if (is_inside(static_cast<std::int64_t>(place + field.bias) + distance(place, field.width)))
          return true;
      }
      at += instruction->size;
    }
    return false;
  }

  std::int64_t distance(std::uint64_t place, std::uint8_t width) const {
    std::uint64_t value = 0;
    for (std::size_t i = width; i-- > 0;) value = value << 8 | code_[place + i];
    const unsigned unused = 64 - 8 * width;
    return static_cast<std::int64_t>(value << unused) >> unused;
  }

  /// The cold part, a switch's table, an exception's fixup, the target of a static branch.
  bool others_lead_inside() const {
    const auto& sections = unit_.object().sections;
    for (std::uint32_t section = 0; section < sections.size(); ++section) {
      if (is_harmless(sections[section])) continue;
      for (const Reference& reference : unit_.references(section, 0, sections[section].size)) {
        if (reference.target == function_ && is_inside(reference.addend)) return true;
      }
    }
    return false;
  }

  /// At the very first byte.
  bool tables_have_it() const {
    return std::ranges::any_of(entries_.of(function_), [&](const SpecialEntry& entry) {
      return entry.place == 0 && !is_harmless(unit_.object().sections[entry.section]);
    });
  }

  const Unit& unit_;
  const SpecialEntries& entries_;
  AtomId function_;
  const Atom& atom_;
  ByteView code_;
  std::uint64_t length_ = 0;
};

}  // namespace

std::optional<JumpEntry> jump_entry(const Unit& unit, const SpecialEntries& entries, AtomId function) {
  return Finder(unit, entries, function).run();
}

}  // namespace suture
