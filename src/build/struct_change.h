// SPDX-License-Identifier: Apache-2.0
//
// A header that changes nothing but the members of a structure, and by which of them code can tell.
//
// Thousands of units include <linux/sched.h>; a new bit of `struct task_struct` changes the text of them all
// and the code of few. As long as its size stays, code differs only where it names a member that is new, gone
// or elsewhere, or a bit-field beside such a one if they are read and written in other bytes than before.
// Where members lie is not read from the text but from debug information, of a unit compiled before and
// after.
//
// Small structures are left out: the compiler copies those member by member instead of as a block, and so may
// make other code for a copy that names no member at all.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "delta/type_layout.h"
#include "source/c_text.h"

namespace suture {

struct StructChange {
  std::string tag;                               ///< "task_struct"
  std::set<std::string, std::less<>> members{};  ///< names by which code can tell
};

/// The structure whose members are all that differs between the two texts of a header, as written.
std::optional<std::string> only_struct_changed(std::string_view before, std::string_view after);

/// Nothing when code may tell by more than names: the structure is small, has another size, is not known
/// here, or another type's size changes with it.
std::optional<StructChange> struct_change(const std::string& tag, const Types& before, const Types& after);

/// Whether code names one of the members, or lists values for all of them in their order.
bool can_tell(const Tokens& code, const StructChange& change);

}  // namespace suture
