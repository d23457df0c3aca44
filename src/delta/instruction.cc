// SPDX-License-Identifier: Apache-2.0
#include "delta/instruction.h"

#include <Zydis/Zydis.h>

namespace suture {

namespace {

ZydisDecoder make_decoder() {
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  return decoder;
}

bool decode_raw(const ZydisDecoder& decoder, ByteView code, ZydisDecodedInstruction& raw) {
  return ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, nullptr, code.data(), code.size(), &raw));
}

/// Calls `add` for each field, which is at `at` in the code.
template <class Add>
void for_each_field(const ZydisDecodedInstruction& raw, std::uint64_t at, Add add) {
  const auto give = [&](std::uint8_t offset, std::uint8_t bits, bool branch, bool relative) {
    if (bits == 0) return;
    add(InstructionField{.offset = at + offset,
                         .width = static_cast<std::uint8_t>(bits / 8),
                         .bias = static_cast<std::uint8_t>(raw.length - offset),
                         .branch = branch,
                         .relative = relative});
  };
  // ModRM without base and index: the displacement counts from %rip (SDM volume 2, section 2.2.1.6).
  const bool beside_rip =
      (raw.attributes & ZYDIS_ATTRIB_HAS_MODRM) != 0 && raw.raw.modrm.mod == 0 && raw.raw.modrm.rm == 5;
  give(raw.raw.disp.offset, raw.raw.disp.size, false, beside_rip);
  for (const auto& immediate : raw.raw.imm) {
    const bool branch = immediate.is_relative != 0;
    give(immediate.offset, immediate.size, branch, branch);
  }
}

}  // namespace

std::optional<Instruction> decode(ByteView code) {
  static const ZydisDecoder decoder = make_decoder();
  ZydisDecodedInstruction raw;
  if (!decode_raw(decoder, code, raw)) return std::nullopt;
  Instruction result{.size = raw.length, .mnemonic = static_cast<std::uint16_t>(raw.mnemonic)};
  // xchg %ax,%ax, which Zydis does not call a nop.
  const bool exchange = raw.length == 2 && code[0] == 0x66 && code[1] == 0x90;
  result.no_operation = raw.mnemonic == ZYDIS_MNEMONIC_NOP || exchange;
  for_each_field(raw, 0,
                 [&](const InstructionField& field) { result.all_fields[result.field_count++] = field; });
  return result;
}

std::vector<InstructionField> instruction_fields(ByteView code) {
  const ZydisDecoder decoder = make_decoder();
  std::vector<InstructionField> fields;
  ZydisDecodedInstruction raw;
  for (std::size_t at = 0; at < code.size();) {
    if (!decode_raw(decoder, code.subspan(at), raw)) {
      ++at;
      continue;
    }
    for_each_field(raw, at, [&](const InstructionField& field) { fields.push_back(field); });
    at += raw.length;
  }
  return fields;
}

const std::vector<InstructionField>& InstructionFields::of(ByteView code) {
  const std::string_view text(reinterpret_cast<const char*>(code.data()), code.size());
  const auto [found, added] = known_.try_emplace(text);
  if (added) found->second = instruction_fields(code);
  return found->second;
}

bool is_filler(ByteView code) {
  constexpr std::uint8_t kTrap = 0xcc;
  while (!code.empty()) {
    std::size_t length = 1;
    if (code.front() != 0 && code.front() != kTrap) {
      const std::optional<Instruction> instruction = decode(code);
      if (!instruction || !instruction->no_operation) return false;
      length = instruction->size;
    }
    code = code.subspan(length);
  }
  return true;
}

}  // namespace suture
