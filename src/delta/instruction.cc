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
    const auto add = [&](std::uint8_t offset, std::uint8_t bits, bool branch, bool relative) {
      if (bits == 0) return;
      fields.push_back({.offset = at + offset,
                        .width = static_cast<std::uint8_t>(bits / 8),
                        .bias = static_cast<std::uint8_t>(instruction.length - offset),
                        .branch = branch,
                        .relative = relative});
    };
    // ModRM without base and index: the displacement counts from %rip (SDM volume 2, section 2.2.1.6).
    const bool beside_rip = (instruction.attributes & ZYDIS_ATTRIB_HAS_MODRM) != 0 &&
                            instruction.raw.modrm.mod == 0 && instruction.raw.modrm.rm == 5;
    add(instruction.raw.disp.offset, instruction.raw.disp.size, false, beside_rip);
    for (const auto& immediate : instruction.raw.imm) {
      const bool branch = immediate.is_relative != 0;
      add(immediate.offset, immediate.size, branch, branch);
    }
    at += instruction.length;
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
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  while (!code.empty()) {
    std::size_t length = 1;
    if (code.front() != 0 && code.front() != kTrap) {
      ZydisDecodedInstruction instruction;
      if (!ZYAN_SUCCESS(
              ZydisDecoderDecodeInstruction(&decoder, nullptr, code.data(), code.size(), &instruction)))
        return false;
      // xchg %ax,%ax.
      const bool exchange = code.size() >= 2 && code[0] == 0x66 && code[1] == 0x90;
      if (instruction.mnemonic != ZYDIS_MNEMONIC_NOP && !exchange) return false;
      length = instruction.length;
    }
    code = code.subspan(length);
  }
  return true;
}

}  // namespace suture
