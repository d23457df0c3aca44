// SPDX-License-Identifier: Apache-2.0
//
// Where the code of a function is that has no symbol of its own.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "advisory/source_text.h"

namespace suture {

/// The functions with symbols that hold a function which has none, as the text of its file tells: those that
/// call it, by name or through a macro, and where such a one has no symbol either, those that call that. Of a
/// system call's body, the entries that the kernel's macros make of it (include/linux/syscalls.h,
/// arch/x86/include/asm/syscall_wrapper.h). `is_left_out` tells lines that are not compiled. Empty where
/// nobody in this file calls it: then it is of a header, or the compiler threw it away.
std::vector<std::string> inlined_into(const SourceText& text, const std::string& function,
                                      const std::function<bool(const std::string& function)>& has_symbol,
                                      const std::function<bool(std::uint32_t line)>& is_left_out);

}  // namespace suture
