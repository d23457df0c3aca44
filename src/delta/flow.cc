// SPDX-License-Identifier: Apache-2.0
#include "delta/flow.h"

#include <Zydis/Zydis.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

namespace suture {
namespace {

/// A place in the code of the unit.
struct Place {
  AtomId atom = kNoAtom;
  std::uint64_t offset = 0;
  auto operator<=>(const Place&) const = default;
};

/// Functions that do not come back: tools/objtool/check.c, global_noreturns.
bool never_returns(std::string_view name) {
  constexpr std::array<std::string_view, 12> kNames{"panic",
                                                    "do_exit",
                                                    "make_task_dead",
                                                    "kthread_exit",
                                                    "do_group_exit",
                                                    "__stack_chk_fail",
                                                    "kthread_complete_and_exit",
                                                    "rewind_stack_and_make_dead",
                                                    "fortify_panic",
                                                    "nmi_panic",
                                                    "__module_put_and_kthread_exit",
                                                    "machine_real_restart"};
  return std::ranges::find(kNames, name) != kNames.end();
}

struct Decoded {
  ZydisDecodedInstruction instruction{};
  std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands{};
};

class Tracer {
 public:
  Tracer(const Unit& unit, const SpecialEntries& entries) : unit_(unit), entries_(entries) {
    ZydisDecoderInit(&decoder_, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  }

  Flow run(AtomId function) {
    step_at({function, 0});
    while (!open_.empty()) {
      const auto [place, id] = open_.back();
      open_.pop_back();
      trace(place, id);
    }
    return std::move(flow_);
  }

 private:
  StepId step_at(const Place& place) {
    const auto [found, added] = steps_.try_emplace(place, static_cast<StepId>(flow_.steps.size()));
    if (added) {
      add_tables(place.atom);
      flow_.steps.push_back({.atom = place.atom, .offset = place.offset});
      open_.emplace_back(place, found->second);
    }
    return found->second;
  }

  void go_to(StepId id, const Place& place) {
    if (place.offset >= unit_.atom(place.atom).size) return;  // behind a call that does not come back
    const StepId next = step_at(place);
    flow_.steps[id].next.push_back(next);
  }

  /// Edges and traps that tables tell of.
  void add_tables(AtomId atom) {
    if (!seen_.insert(atom).second) return;
    for (const SpecialEntry& entry : entries_.of(atom)) {
      const std::string& section = unit_.object().sections[entry.section].name;
      const Place place{atom, static_cast<std::uint64_t>(entry.place)};
      const auto references = unit_.references(entry.section, entry.offset, entry.size);
      if ((section == "__jump_table" || section == "__ex_table") && references.size() > 1 &&
          references[1].target != kNoAtom)
        edges_.emplace(place, Place{references[1].target, static_cast<std::uint64_t>(references[1].addend)});
      // u16 flags at the end of struct bug_entry; BUGFLAG_WARNING.
      const ByteView bytes = unit_.bytes(entry.section, entry.offset, entry.size);
      if (section == "__bug_table" && bytes.size() >= 6 && (bytes[bytes.size() - 2] & 1) != 0)
        warnings_.insert(place);
    }
  }

  std::optional<Decoded> decode(const Place& place) const {
    const ByteView code = unit_.bytes(unit_.atom(place.atom)).subspan(place.offset);
    Decoded result;
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder_, code.data(), code.size(), &result.instruction,
                                             result.operands.data())))
      return std::nullopt;
    return result;
  }

  /// What a relocation fills in, inside of the instruction.
  const Reference* reference_in(const Place& place, std::uint64_t length) const {
    const Atom& atom = unit_.atom(place.atom);
    const auto references = unit_.references(atom.section, atom.offset + place.offset, length);
    return references.empty() ? nullptr : &references.front();
  }

  void trace(const Place& place, StepId id) {
    if (place.offset >= unit_.bytes(unit_.atom(place.atom)).size()) return;
    const std::optional<Decoded> decoded = decode(place);
    if (!decoded) {
      flow_.complete = false;
      return;
    }
    const ZydisDecodedInstruction& instruction = decoded->instruction;
    const Place behind{place.atom, place.offset + instruction.length};
    switch (instruction.meta.category) {
      case ZYDIS_CATEGORY_RET:
        flow_.steps[id].returns = true;
        return;
      case ZYDIS_CATEGORY_UNCOND_BR:
        jump(place, *decoded, id);
        break;
      case ZYDIS_CATEGORY_COND_BR:
        go_to(id, behind);
        jump(place, *decoded, id);
        flow_.steps[id].test = test_before(place, instruction);
        break;
      case ZYDIS_CATEGORY_CALL:
        if (call(place, *decoded, id)) go_to(id, behind);
        break;
      default:
        flow_.steps[id].frame = frame_of(*decoded);
        if (is_test(*decoded)) tests_.insert(behind);
        if (instruction.mnemonic != ZYDIS_MNEMONIC_UD2 || warnings_.contains(place)) go_to(id, behind);
        break;
    }
    const auto [first, last] = edges_.equal_range(place);
    std::vector<Place> further;
    for (auto edge = first; edge != last; ++edge) further.push_back(edge->second);
    for (const Place& to : further) {
      if (unit_.atom(to.atom).kind == AtomKind::kFunction) go_to(id, to);
    }
  }

  /// Bytes that a push, or `sub $N, %rsp`, takes of the stack.
  static std::uint64_t frame_of(const Decoded& decoded) {
    const ZydisDecodedOperand& first = decoded.operands[0];
    if (decoded.instruction.mnemonic == ZYDIS_MNEMONIC_PUSH) return 8;
    const bool on_stack =
        decoded.instruction.mnemonic == ZYDIS_MNEMONIC_SUB && first.type == ZYDIS_OPERAND_TYPE_REGISTER &&
        first.reg.value == ZYDIS_REGISTER_RSP && decoded.operands[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE;
    return on_stack ? decoded.operands[1].imm.value.u : 0;
  }

  /// `test %eax, %eax` and the like.
  static bool is_test(const Decoded& decoded) {
    const auto& operands = decoded.operands;
    return decoded.instruction.mnemonic == ZYDIS_MNEMONIC_TEST &&
           operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER && operands[1].type == operands[0].type &&
           operands[0].reg.value == operands[1].reg.value &&
           ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, operands[0].reg.value) ==
               ZYDIS_REGISTER_RAX;
  }

  Step::Test test_before(const Place& place, const ZydisDecodedInstruction& instruction) const {
    if (!tests_.contains(place)) return Step::Test::kNone;
    if (instruction.mnemonic == ZYDIS_MNEMONIC_JZ) return Step::Test::kJumpIfZero;
    return instruction.mnemonic == ZYDIS_MNEMONIC_JNZ ? Step::Test::kJumpIfNotZero : Step::Test::kNone;
  }

  std::string_view name_of(const Reference& reference) const {
    return reference.target == kNoAtom ? std::string_view(unit_.symbol_name(reference))
                                       : std::string_view(unit_.atom(reference.target).name);
  }

  void jump(const Place& place, const Decoded& decoded, StepId id) {
    const Reference* reference = reference_in(place, decoded.instruction.length);
    const ZydisDecodedOperand& target = decoded.operands[0];
    const bool direct = target.type == ZYDIS_OPERAND_TYPE_IMMEDIATE;
    if (direct && reference == nullptr) {
      const auto to = static_cast<std::uint64_t>(static_cast<std::int64_t>(place.offset) +
                                                 decoded.instruction.length + target.imm.value.s);
      go_to(id, {place.atom, to});
    } else if (direct && stays_inside(*reference)) {
      go_to(id, {reference->target, static_cast<std::uint64_t>(reference->addend)});
    } else if (direct) {
      leave(id, name_of(*reference));
    } else if (reference == nullptr || !follow_table(*reference, id)) {
      // A jump table that is not seen, or a call by pointer at the function's end.
      flow_.complete = false;
      flow_.steps[id].returns = true;
    }
  }

  /// Between the function and its cold part, or within either.
  bool stays_inside(const Reference& reference) const {
    if (reference.target == kNoAtom) return false;
    const Atom& target = unit_.atom(reference.target);
    const Atom& entry = unit_.atom(flow_.steps.front().atom);
    return target.kind == AtomKind::kFunction &&
           (reference.target == flow_.steps.front().atom || parent_of_cold(target.name) == entry.name);
  }

  /// A jump to another function: its return is ours.
  void leave(StepId id, std::string_view name) {
    if (!name.starts_with("__x86_return_thunk") && !name.starts_with("__x86_indirect_thunk"))
      flow_.steps[id].callee = name;
    flow_.steps[id].returns = !never_returns(name);
  }

  /// `jmp *table(,%rax,8)`: each place in this function that the table names.
  bool follow_table(const Reference& reference, StepId id) {
    if (reference.target == kNoAtom || unit_.atom(reference.target).kind == AtomKind::kFunction) return false;
    bool found = false;
    for (const Reference& place : unit_.references(unit_.atom(reference.target))) {
      if (!stays_inside(place) || place.addend < 0) continue;
      go_to(id, {place.target, static_cast<std::uint64_t>(place.addend)});
      found = true;
    }
    return found;
  }

  /// False when it does not come back.
  bool call(const Place& place, const Decoded& decoded, StepId id) {
    const Reference* reference = reference_in(place, decoded.instruction.length);
    if (reference == nullptr || decoded.operands[0].type != ZYDIS_OPERAND_TYPE_IMMEDIATE) return true;
    const std::string_view name = name_of(*reference);
    if (name.starts_with("__x86_indirect_thunk")) return true;
    flow_.steps[id].callee = name;
    return !never_returns(name);
  }

  const Unit& unit_;
  const SpecialEntries& entries_;
  ZydisDecoder decoder_{};
  Flow flow_;
  std::map<Place, StepId> steps_;
  std::vector<std::pair<Place, StepId>> open_;
  std::set<AtomId> seen_;              ///< whose tables were read
  std::multimap<Place, Place> edges_;  ///< from tables
  std::set<Place> warnings_;           ///< traps that return
  std::set<Place> tests_;              ///< behind a test of the last result
};

}  // namespace

Flow flow_of(const Unit& unit, const SpecialEntries& entries, AtomId function) {
  return Tracer(unit, entries).run(function);
}

std::vector<bool> can_return(const Flow& flow) {
  std::vector<std::vector<StepId>> before(flow.steps.size());
  std::vector<StepId> open;
  std::vector<bool> result(flow.steps.size());
  for (StepId id = 0; id < flow.steps.size(); ++id) {
    for (const StepId next : flow.steps[id].next) before[next].push_back(id);
    if (!flow.steps[id].returns) continue;
    result[id] = true;
    open.push_back(id);
  }
  while (!open.empty()) {
    const StepId id = open.back();
    open.pop_back();
    for (const StepId from : before[id]) {
      if (result[from]) continue;
      result[from] = true;
      open.push_back(from);
    }
  }
  return result;
}

bool in_loop(const Flow& flow, StepId step) {
  std::vector<bool> seen(flow.steps.size());
  std::vector<StepId> open = flow.steps[step].next;
  while (!open.empty()) {
    const StepId id = open.back();
    open.pop_back();
    if (id == step) return true;
    if (seen[id]) continue;
    seen[id] = true;
    open.insert(open.end(), flow.steps[id].next.begin(), flow.steps[id].next.end());
  }
  return false;
}

}  // namespace suture
