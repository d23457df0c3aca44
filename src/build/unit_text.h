// SPDX-License-Identifier: Apache-2.0
//
// A unit's preprocessed text, before and after a fix to a header: can its code differ at all?
//
// A header that hundreds of units include mostly changes by an inline function or a declaration that few of
// them use. What no other part of the text names makes no code: an inline function that nobody calls is not
// compiled, nor is a declaration. Of all else (types, variables, what is not understood) nothing is assumed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace suture {

/// The declarations and definitions at the outermost level, without line markers and with single spaces
/// between tokens.
std::vector<std::string> top_level_items(std::string_view preprocessed);

/// False only when everything that differs is a static inline function, or the declaration of one function,
/// that nothing else in either text names.
bool code_may_differ(std::string_view before, std::string_view after);

}  // namespace suture
