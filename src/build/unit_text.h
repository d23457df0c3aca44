// SPDX-License-Identifier: Apache-2.0
//
// A unit's preprocessed text, before and after a fix to a header: can its code differ at all?
//
// A header that hundreds of units include mostly changes by an inline function or a declaration that few of
// them use. What no other part of the text names makes no code: an inline function that nobody calls is not
// compiled, nor is a declaration. Of a structure that changes somebody may know by which members code can
// tell (struct_change.h). Of all else (other types, variables, what is not understood) nothing is assumed.
#pragma once

#include <span>
#include <string_view>

#include "build/struct_change.h"

namespace suture {

/// False only when all that differs is static inline functions, declarations of one function, and these
/// structures, and none of what tells them is named by code that is there in any case.
bool code_may_differ(std::string_view before, std::string_view after,
                     std::span<const StructChange> structs = {});

}  // namespace suture
