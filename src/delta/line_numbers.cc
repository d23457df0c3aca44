// SPDX-License-Identifier: Apache-2.0
#include "delta/line_numbers.h"

#include <Zydis/Zydis.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace suture {
namespace {

/// Functions that take a line number, and in which register.
struct Taker {
  std::string_view name;
  ZydisRegister line;
};

constexpr std::array kTakers{
    // kernel/sched/core.c; the names changed over time.
    Taker{"__might_sleep", ZYDIS_REGISTER_ESI},
    Taker{"___might_sleep", ZYDIS_REGISTER_ESI},
    Taker{"__might_resched", ZYDIS_REGISTER_ESI},
    Taker{"__cant_sleep", ZYDIS_REGISTER_ESI},
    Taker{"__cant_migrate", ZYDIS_REGISTER_ESI},
    // mm/memory.c
    Taker{"__might_fault", ZYDIS_REGISTER_ESI},
    // kernel/panic.c
    Taker{"warn_slowpath_null", ZYDIS_REGISTER_ESI},
    Taker{"warn_slowpath_fmt", ZYDIS_REGISTER_ESI},
    Taker{"warn_slowpath_fmt_taint", ZYDIS_REGISTER_ESI},
    // kernel/locking/lockdep.c
    Taker{"lockdep_rcu_suspicious", ZYDIS_REGISTER_ESI},
    // ASSERT_RTNL() and the like print "%s (%d)": __FILE__, __LINE__ (include/linux/rtnetlink.h).
    Taker{"__warn_printk", ZYDIS_REGISTER_EDX},
    Taker{"printk", ZYDIS_REGISTER_EDX},
    Taker{"_printk", ZYDIS_REGISTER_EDX},
};

/// A message may have any number in its third argument: it is a line only behind the name of a source file.
bool wants_file_name(std::string_view taker) {
  return taker.ends_with("printk");
}

/// Of straight code between a constant and the call that takes it.
constexpr int kFurthest = 16;

struct Decoded {
  std::uint64_t offset;
  ZydisDecodedInstruction instruction;
  std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
};

class Search {
 public:
  Search(const Unit& unit, const Atom& function) : unit_(unit), function_(function) {}

  std::vector<std::uint64_t> run() {
    decode();
    std::vector<std::uint64_t> fields;
    for (std::size_t i = 0; i < code_.size(); ++i) {
      const ZydisRegister target = constant_loaded(code_[i]);
      if (target != ZYDIS_REGISTER_NONE && goes_to_taker(i, target)) {
        fields.push_back(code_[i].offset + code_[i].instruction.raw.imm[0].offset);
      }
    }
    return fields;
  }

 private:
  void decode() {
    ZydisDecoder decoder;
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    const ByteView code = unit_.bytes(function_);
    for (std::size_t at = 0; at < code.size();) {
      Decoded next{.offset = at, .instruction = {}, .operands = {}};
      if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code.data() + at, code.size() - at,
                                               &next.instruction, next.operands.data()))) {
        ++at;
        continue;
      }
      at += next.instruction.length;
      code_.push_back(next);
    }
  }

  /// "mov $constant, %register" of 32 bits.
  static ZydisRegister constant_loaded(const Decoded& code) {
    const bool is_load = code.instruction.mnemonic == ZYDIS_MNEMONIC_MOV &&
                         code.operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
                         code.operands[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE &&
                         code.operands[0].size == 32 && code.instruction.raw.imm[0].size == 32;
    return is_load ? code.operands[0].reg.value : ZYDIS_REGISTER_NONE;
  }

  bool goes_to_taker(std::size_t from, ZydisRegister line) const {
    const ZydisRegister whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, line);
    for (std::size_t i = from + 1; i < code_.size() && i - from <= kFurthest; ++i) {
      const Decoded& code = code_[i];
      if (code.instruction.meta.category == ZYDIS_CATEGORY_CALL) return takes_line(from, i, line);
      if (code.instruction.meta.branch_type != ZYDIS_BRANCH_TYPE_NONE) return false;
      if (writes(code, whole)) return false;
    }
    return false;
  }

  static bool writes(const Decoded& code, ZydisRegister whole) {
    for (std::size_t i = 0; i < code.instruction.operand_count; ++i) {
      const ZydisDecodedOperand& operand = code.operands[i];
      if (operand.type != ZYDIS_OPERAND_TYPE_REGISTER ||
          (operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) == 0)
        continue;
      if (ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, operand.reg.value) == whole)
        return true;
    }
    return false;
  }

  bool takes_line(std::size_t from, std::size_t call, ZydisRegister line) const {
    const std::string_view name = called(code_[call]);
    const auto* taker = std::ranges::find_if(
        kTakers, [&](const Taker& each) { return each.name == name && each.line == line; });
    if (taker == kTakers.end()) return false;
    return !wants_file_name(name) || names_file(from, call);
  }

  std::string_view called(const Decoded& code) const {
    for (const Reference& reference : references(code)) {
      if (reference.branch) return unit_.symbol_name(reference);
    }
    return {};
  }

  std::span<const Reference> references(const Decoded& code) const {
    return unit_.references(function_.section, function_.offset + code.offset, code.instruction.length);
  }

  /// Among the arguments of the call is the address of a string that ends like a C file's name.
  bool names_file(std::size_t from, std::size_t call) const {
    const std::size_t begin = from < kFurthest ? 0 : from - kFurthest;
    for (std::size_t i = call; i-- > begin;) {
      if (i < from && code_[i].instruction.meta.branch_type != ZYDIS_BRANCH_TYPE_NONE) return false;
      for (const Reference& reference : references(code_[i])) {
        if (reference.target == kNoAtom || reference.addend != 0) continue;
        const std::string_view text = as_text(unit_.bytes(unit_.atom(reference.target)));
        if (text.ends_with(std::string_view(".c\0", 3)) || text.ends_with(std::string_view(".h\0", 3)))
          return true;
      }
    }
    return false;
  }

  const Unit& unit_;
  const Atom& function_;
  std::vector<Decoded> code_;
};

}  // namespace

std::vector<std::uint64_t> line_number_fields(const Unit& unit, const Atom& function) {
  return Search(unit, function).run();
}

}  // namespace suture
