// SPDX-License-Identifier: Apache-2.0
//
// Where instructions begin and end. An object does not say it, yet three questions need it: how far behind a
// PC-relative field its instruction ends (the bias that hides in the addend), whether a field is the target
// of a call or jump, or an address that is taken, and which fields are distances that the assembler knew.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/file.h"

namespace suture {

/// A displacement or immediate field inside an instruction.
struct InstructionField {
  std::uint64_t offset = 0;  ///< of the field, in the code
  std::uint8_t width = 0;    ///< bytes
  std::uint8_t bias = 0;     ///< bytes from the field's start to the end of its instruction
  bool branch = false;       ///< the relative target of a call or jump
  bool relative = false;     ///< it counts from the instruction's end: a branch, or data beside %rip
};

struct Instruction {
  std::uint8_t size = 0;       ///< bytes
  std::uint16_t mnemonic = 0;  ///< ZydisMnemonic
  bool no_operation = false;   ///< without any effect, as assemblers fill gaps with
  std::uint8_t field_count = 0;
  std::array<InstructionField, 3> all_fields{};

  std::span<const InstructionField> fields() const { return std::span(all_fields).first(field_count); }
};

/// The first instruction of 64-bit code; nothing when the bytes are none.
std::optional<Instruction> decode(ByteView code);

/// The displacement and immediate fields of 64-bit code, by offset. Bytes that are no instruction are
/// stepped over one at a time.
std::vector<InstructionField> instruction_fields(ByteView code);

/// The same, remembered: of the functions of a unit most are equal to the byte before and after a fix. The
/// code must stay where it is.
class InstructionFields {
 public:
  const std::vector<InstructionField>& of(ByteView code);

 private:
  std::unordered_map<std::string_view, std::vector<InstructionField>> known_;
};

/// What an assembler puts between two functions: instructions without effect, traps, zeros.
bool is_filler(ByteView code);

}  // namespace suture
