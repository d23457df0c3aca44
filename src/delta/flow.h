// SPDX-License-Identifier: Apache-2.0
//
// The ways through a function: its instructions, those of its cold part, and which may follow which. Edges
// that the code does not show come from the kernel's tables: a jump label may jump, a faulting access goes on
// at its fixup, and a WARN is a trap which returns.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "delta/special_sections.h"
#include "delta/unit.h"

namespace suture {

using StepId = std::uint32_t;

/// One instruction.
struct Step {
  AtomId atom = kNoAtom;
  std::uint64_t offset = 0;    ///< in the atom
  std::vector<StepId> next{};  ///< of a conditional jump: not taken, taken
  std::string_view
      callee{};          ///< that it calls, or jumps to for good; empty when it calls none, or by pointer
  bool returns = false;  ///< the function may end here
  /// Of a conditional jump that tests whether the last call's result is zero.
  enum class Test : std::uint8_t { kNone, kJumpIfZero, kJumpIfNotZero } test = Test::kNone;
  std::uint64_t frame = 0;  ///< bytes that it adds to the stack
};

struct Flow {
  std::vector<Step> steps;  ///< reachable ones; the first is the entry
  bool complete = true;     ///< false: an indirect jump goes who knows where
};

Flow flow_of(const Unit& unit, const SpecialEntries& entries, AtomId function);

/// By step: whether the function can end from there.
std::vector<bool> can_return(const Flow& flow);
/// Whether the step can come round to itself.
bool in_loop(const Flow& flow, StepId step);

}  // namespace suture
