// SPDX-License-Identifier: Apache-2.0
//
// One function, compiled in a section of its own, beside the same function where it was shipped.
//
// The source says what the instructions do, but where the code lies has a say in two things. The assembler
// fills up to where a loop is to begin with instructions without effect, and how many depends on the place;
// and it takes the short form of a jump to another function when it knows that one to be near. Everything
// behind moves. So both are read in step: instructions must be equal outside of fields that tell places, the
// filling must be what alignment asks for, and jumps within the function must lead to the same instruction.
#pragma once

#include <cstdint>
#include <expected>
#include <utility>
#include <vector>

#include "delta/unit.h"
#include "image/shipped_object.h"

namespace suture {

/// A relocated field of ours, and where it is in the code as shipped.
struct FieldPair {
  const Reference* ours = nullptr;
  std::uint64_t place = 0;  ///< an address in the shipped object
  std::uint8_t width = 0;   ///< bytes, as shipped
  std::uint8_t bias = 0;    ///< bytes from the shipped field's start to the end of its instruction
};

struct CodeMatch {
  std::vector<FieldPair> fields;
  /// Offsets of instructions, of filling and of the end: ours, and as shipped; in order. Empty when all are
  /// equal.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> places;

  /// Whether who jumps to these offsets, here and there, comes to the same instruction.
  bool is_same_place(std::uint64_t ours, std::uint64_t shipped) const;
};

/// Offsets of the first instruction, or byte, that differs.
struct CodeDifference {
  std::uint64_t ours = 0;
  std::uint64_t shipped = 0;
};

/// What the fields hold is not compared.
std::expected<CodeMatch, CodeDifference> match_code(const Unit& unit, const Atom& function,
                                                    const ShippedObject& shipped, std::uint64_t address);

}  // namespace suture
