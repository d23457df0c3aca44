// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "delta/special_sections.h"
#include "delta/unit.h"

namespace suture {

/// Whether ftrace, and so the kernel's livepatch, can redirect this function: it has the call to __fentry__
/// at its start (behind endbr64, if there is one). Objtool may have made a no-op of the call; then the table
/// of such places still has it. Inline functions, assembly, bodies of system calls and all of kernel/trace
/// have none.
bool has_ftrace_entry(const Unit& unit, const SpecialEntries& entries, AtomId function);

}  // namespace suture
