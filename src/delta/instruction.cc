// SPDX-License-Identifier: Apache-2.0
#include "delta/instruction.h"

#include <Zydis/Zydis.h>

namespace suture {

std::vector<InstructionField> instruction_fields(ByteView code) {
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  std::vector<InstructionField> fields;
  std::size_t at = 0;
  while (at < code.size()) {
    ZydisDecodedInstruction instruction;
    const ByteView rest = code.subspan(at);
    if (!ZYAN_SUCCESS(
            ZydisDecoderDecodeInstruction(&decoder, nullptr, rest.data(), rest.size(), &instruction))) {
      ++at;
      continue;
    }
    const auto add = [&](std::uint8_t offset, std::uint8_t bits, bool branch) {
      if (bits == 0) return;
      fields.push_back({.offset = at + offset,
                        .width = static_cast<std::uint8_t>(bits / 8),
                        .bias = static_cast<std::uint8_t>(instruction.length - offset),
                        .branch = branch});
    };
    add(instruction.raw.disp.offset, instruction.raw.disp.size, false);
    for (const auto& immediate : instruction.raw.imm) {
      add(immediate.offset, immediate.size, immediate.is_relative != 0);
    }
    at += instruction.length;
  }
  return fields;
}

}  // namespace suture
