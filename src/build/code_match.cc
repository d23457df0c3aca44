// SPDX-License-Identifier: Apache-2.0
#include "build/code_match.h"

#include <algorithm>
#include <bit>
#include <optional>

#include "delta/instruction.h"

namespace suture {
namespace {

constexpr std::uint64_t kLongestInstruction = 15;  // Intel SDM volume 2, section 2.3.11
constexpr std::uint64_t kSmallestAlignment = 8;    // below, gcc does not align what is inside of a function

/// The way to take when no byte moved.
std::expected<CodeMatch, CodeDifference> match_bytes(const Unit& unit, const Atom& function,
                                                     const ShippedObject& shipped, std::uint64_t address) {
  const ByteView ours = unit.bytes(function);
  const std::optional<ByteView> theirs = shipped.bytes(address, function.size);
  if (!theirs || ours.size() != theirs->size()) return std::unexpected(CodeDifference{});
  std::vector<bool> relocated(function.size);
  CodeMatch match;
  for (const Reference& reference : unit.references(function)) {
    const std::uint64_t offset = reference.offset - function.offset;
    for (std::uint64_t i = 0; i < reference.width; ++i) relocated[offset + i] = true;
    match.fields.push_back(
        {.ours = &reference, .place = address + offset, .width = reference.width, .bias = reference.bias});
  }
  for (std::size_t i = 0; i < ours.size(); ++i) {
    if (!relocated[i] && ours[i] != (*theirs)[i]) return std::unexpected(CodeDifference{i, i});
  }
  return match;
}

class Walk {
 public:
  Walk(const Unit& unit, const Atom& function, const ShippedObject& shipped, std::uint64_t address)
      : unit_(unit), function_(function), shipped_(shipped), address_(address), code_(unit.bytes(function)) {}

  std::expected<CodeMatch, CodeDifference> run() {
    while (ours_ < code_.size()) {
      match_.places.emplace_back(ours_, theirs_);
      if (!step()) return std::unexpected(CodeDifference{ours_, theirs_});
    }
    match_.places.emplace_back(ours_, theirs_);
    for (const Jump& jump : jumps_) {
      if (!match_.is_same_place(jump.to, jump.shipped_to)) return std::unexpected(jump.from);
    }
    return std::move(match_);
  }

 private:
  struct Jump {
    CodeDifference from;
    std::uint64_t to = 0;          ///< an offset
    std::uint64_t shipped_to = 0;  ///< an offset in the shipped function
  };

  bool step() {
    const ByteView ours = code_.subspan(ours_);
    const ByteView theirs = shipped_at(theirs_);
    const std::optional<Instruction> mine = decode(ours);
    const std::optional<Instruction> other = decode(theirs);
    if (!mine || !other) return !mine && !other && step_byte(ours, theirs);
    if (mine->size == other->size && equal_outside_of_places(*mine, theirs)) return take(*mine, *other);
    if (is_other_form(*mine, *other)) return take(*mine, *other);
    return (mine->no_operation || other->no_operation) && step_over_filling();
  }

  bool step_byte(ByteView ours, ByteView theirs) {
    if (theirs.empty() || ours[0] != theirs[0] || reference_at(ours_) != nullptr) return false;
    ++ours_;
    ++theirs_;
    return true;
  }

  /// Of one size, so their fields lie alike.
  bool equal_outside_of_places(const Instruction& mine, ByteView theirs) const {
    std::uint64_t places = 0;  // a bit for each byte
    const auto leave_out = [&](std::uint64_t offset, std::uint8_t width) {
      for (std::uint64_t i = offset; i < offset + width; ++i) places |= std::uint64_t{1} << i;
    };
    for (const InstructionField& field : mine.fields()) {
      if (field.relative) leave_out(field.offset, field.width);
    }
    for (const Reference& reference : references(mine))
      leave_out(reference.offset - function_.offset - ours_, reference.width);
    for (std::size_t i = 0; i < mine.size; ++i) {
      if ((places >> i & 1) == 0 && code_[ours_ + i] != theirs[i]) return false;
    }
    return true;
  }

  /// A jump, long here and short there or the reverse.
  static bool is_other_form(const Instruction& mine, const Instruction& other) {
    const auto is_plain_jump = [](const Instruction& one) {
      if (one.fields().size() != 1 || !one.fields()[0].branch) return false;
      const bool is_short = one.size == 2 && one.fields()[0].width == 1;
      const bool is_long = (one.size == 5 || one.size == 6) && one.fields()[0].width == 4;
      return is_short || is_long;
    };
    return mine.size != other.size && mine.mnemonic == other.mnemonic && is_plain_jump(mine) &&
           is_plain_jump(other);
  }

  bool take(const Instruction& mine, const Instruction& other) {
    const auto inside = references(mine);
    for (const Reference& reference : inside) {
      if (!take_reference(reference, mine, other)) return false;
    }
    for (std::size_t i = 0; i < mine.fields().size(); ++i) {
      const InstructionField& field = mine.fields()[i];
      const bool known = std::ranges::any_of(inside, [&](const Reference& reference) {
        return reference.offset == function_.offset + ours_ + field.offset;
      });
      if (!field.relative || known) continue;
      jumps_.push_back({.from = {ours_, theirs_},
                        .to = ours_ + mine.size + number(code_.subspan(ours_), field),
                        .shipped_to = theirs_ + other.size + number(shipped_at(theirs_), other.fields()[i])});
    }
    ours_ += mine.size;
    theirs_ += other.size;
    return true;
  }

  bool take_reference(const Reference& reference, const Instruction& mine, const Instruction& other) {
    const std::uint64_t offset = reference.offset - function_.offset - ours_;
    if (mine.size == other.size) {
      match_.fields.push_back({.ours = &reference,
                               .place = address_ + theirs_ + offset,
                               .width = reference.width,
                               .bias = reference.bias});
      return offset + reference.width <= mine.size;
    }
    if (mine.fields()[0].offset != offset) return false;
    const InstructionField& field = other.fields()[0];
    match_.fields.push_back({.ours = &reference,
                             .place = address_ + theirs_ + field.offset,
                             .width = field.width,
                             .bias = field.bias});
    return true;
  }

  /// Both ends must be what filling up to an alignment leads to.
  bool step_over_filling() {
    const std::uint64_t mine = ours_;
    const std::uint64_t other = theirs_;
    while (const std::size_t size = no_operation(code_.subspan(ours_))) {
      if (!references(ours_, size).empty()) return false;
      ours_ += size;
    }
    while (const std::size_t size = no_operation(shipped_at(theirs_))) theirs_ += size;
    const std::uint64_t alignment = unit_.section_of(function_).alignment;
    const bool explained = fills(ours_ - mine, std::min(alignment, alignment_of(function_.offset + ours_))) &&
                           fills(theirs_ - other, alignment_of(address_ + theirs_));
    if (!explained) ours_ = mine;
    return explained;
  }

  static std::uint64_t alignment_of(std::uint64_t place) {
    return place == 0 ? ~std::uint64_t{0} : std::uint64_t{1} << std::countr_zero(place);
  }
  static bool fills(std::uint64_t length, std::uint64_t alignment) {
    return alignment >= kSmallestAlignment && length < alignment;
  }

  static std::size_t no_operation(ByteView code) {
    const std::optional<Instruction> found = decode(code);
    return found && found->no_operation ? found->size : 0;
  }

  /// What is left of an instruction's length before the bytes end.
  ByteView shipped_at(std::uint64_t offset) const {
    for (std::uint64_t size = kLongestInstruction; size > 0; --size) {
      if (const auto found = shipped_.bytes(address_ + offset, size)) return *found;
    }
    return {};
  }

  static std::uint64_t number(ByteView code, const InstructionField& field) {
    std::uint64_t value = code[field.offset + field.width - 1] >= 0x80 ? ~std::uint64_t{0} : 0;
    for (std::size_t i = field.width; i-- > 0;) value = value << 8 | code[field.offset + i];
    return value;
  }

  std::span<const Reference> references(std::uint64_t offset, std::uint64_t size) const {
    return unit_.references(function_.section, function_.offset + offset, size);
  }
  std::span<const Reference> references(const Instruction& here) const {
    return references(ours_, here.size);
  }
  const Reference* reference_at(std::uint64_t offset) const {
    const auto found = references(offset, 1);
    return found.empty() ? nullptr : &found.front();
  }

  const Unit& unit_;
  const Atom& function_;
  const ShippedObject& shipped_;
  const std::uint64_t address_;
  const ByteView code_;
  std::uint64_t ours_ = 0;    ///< offset of the next instruction
  std::uint64_t theirs_ = 0;  ///< the same in the shipped function
  std::vector<Jump> jumps_;   ///< within the function
  CodeMatch match_;
};

}  // namespace

bool CodeMatch::is_same_place(std::uint64_t ours, std::uint64_t shipped) const {
  return places.empty() ? ours == shipped : std::ranges::binary_search(places, std::pair(ours, shipped));
}

std::expected<CodeMatch, CodeDifference> match_code(const Unit& unit, const Atom& function,
                                                    const ShippedObject& shipped, std::uint64_t address) {
  auto plain = match_bytes(unit, function, shipped, address);
  if (plain || !unit.section_of(function).executable()) return plain;
  return Walk(unit, function, shipped, address).run();
}

}  // namespace suture
