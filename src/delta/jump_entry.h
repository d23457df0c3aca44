// SPDX-License-Identifier: Apache-2.0
//
// Where a jump may be written into a function that ftrace cannot reach: over its first instructions, behind
// endbr64 if there is one. Nobody may come to a place within the jump: no branch of the function itself leads
// there, nor one of the kernel's tables; and the kernel may not rewrite those bytes itself (alternatives,
// static branches and calls, lock prefixes, …). That no task is just there, the engine sees to.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace suture {

class SpecialEntries;
class Unit;

/// SUTURE_ENTRY_BYTES, kmod/suture_patch.h.
inline constexpr std::size_t kJumpEntryBytes = 16;

/// A function's first bytes, to the end of the jump.
struct JumpEntry {
  std::uint8_t length = 0;
  std::array<std::uint8_t, kJumpEntryBytes> bytes{};  ///< as compiled
  /// Bits that a running kernel has, too. The rest are addresses, or an endbr64 that it may take away
  /// (.ibt_endbr_seal).
  std::array<std::uint8_t, kJumpEntryBytes> mask{};
  bool operator==(const JumpEntry&) const = default;
};

/// Nothing when a jump would not be safe, or cannot be proven to be.
std::optional<JumpEntry> jump_entry(const Unit& unit, const SpecialEntries& entries, std::uint32_t function);

}  // namespace suture
