// SPDX-License-Identifier: Apache-2.0
//
// Whether a unit's code can differ, told from its preprocessed text before and after a fix, without
// compiling.
//
// The problem: linux/sched.h is part of nearly every unit, so a bit added to task_struct changes the text of
// thousands, and the code of two. To compile them all takes hours. But a unit that is left alone goes on
// running, so one that is left out by mistake is a hole in the patch.
//
// What must hold. A unit may be left out if its code as it runs is a right translation of the patched text
// too: when both texts mean the same, with data lying in the same places. The compiler may well make other
// code of them; that does not matter, it may make any code that means the same.
//
// The rule. Both texts are cut into declarations. Those which are in both, token by token, in the same order,
// are the common ones. C binds by names: a common declaration means the same in both texts if each name in it
// does. So what changes spreads only by names:
//
//   1. A declaration that is in one text only and makes code or data (a function that is not static, a
//      variable, `asm`, a #pragma, or anything not understood): the unit may change.
//   2. The names which other such declarations introduce are touched.
//   3. A common declaration that speaks of a touched name is touched. If it makes code, the unit may change;
//      if not, the names which it introduces are touched. And so on until nothing is added.
//
// All names share one space here: tags, members, labels and locals of other things of that name only make
// more units count as touched. Static functions make no code by themselves: the compiler drops those that
// nothing names, and whatever names one is touched by its name (aliases and assembler name them in strings,
// whose words count as names there). Attributes that would keep one, or make a
// symbol of a declaration, turn it into something that makes code.
//
// That alone would not help with task_struct, whose name is everywhere. So for a structure of which a
// definition is in each text:
//
//   4. If size and alignment are the same, only those members are touched whose declaration differs (in
//      tokens), or which lie elsewhere or hold something else (by debug information of both texts). When a
//      bit-field's declaration differs, all bit-fields of the structure are touched: the compiler reads
//      neighbours together, and how many bits at once depends on all of them.
//
// What code can do with a structure but name its members is to handle it as a whole:
//   - by pointer and sizeof: the same in both;
//   - copy it by assignment: copied are all its bytes. Only of small structures the compiler may copy member
//     by member and forget padding (tree-sra.c: up to MOVE_RATIO words, 136 bytes), so rule 4 is for those
//     of at least kSmallestByMember bytes;
//   - define or initialize an object of it, or pass one: padding that became a member would have to be zero
//     and need not have been. So a declaration in which the type is named other than for a pointer, sizeof,
//     alignof or offsetof is touched, as is one that uses typeof() for a value in braces. A type that has
//     such a structure as a part counts as such a structure.
// Types and constants of which members speak may be touched themselves (rules 2 and 3); then the structure is
// touched as a whole.
//
// What this does not see: code that takes offsets of members from elsewhere than C (assembler sources by way
// of asm-offsets.h, BPF programs by way of BTF). No live patch could change the former, and the latter reads
// the running kernel's own description.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace suture {

/// A structure that is defined in both texts, but not alike.
struct StructureChange {
  std::string type;  ///< "struct task_struct"
  /// The texts up to the end of the definitions.
  std::string_view text_before;
  std::string_view text_after;
  /// The definitions.
  std::string_view before;
  std::string_view after;
};

struct LayoutChange {
  std::vector<std::string> moved;  ///< members that lie elsewhere, or hold something else; new and gone ones
  std::vector<std::string> bit_fields;  ///< all that there are in either
};

/// Rule 4 is for structures of at least that many bytes.
inline constexpr std::uint64_t kSmallestByMember = 192;

/// Nothing when size or alignment differ, the structure is too small for rule 4, or it cannot be told.
using CompareLayouts = std::function<std::optional<LayoutChange>(const StructureChange&)>;

enum class TextEffect : std::uint8_t {
  kNone,      ///< the compiler sees the same
  kUnused,    ///< it sees other declarations, which cannot change the code
  kPossible,  ///< the code may differ
};

TextEffect text_effect(std::string_view before, std::string_view after, const CompareLayouts& layouts);

}  // namespace suture
