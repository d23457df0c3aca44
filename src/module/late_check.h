// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "elf/object.h"

namespace suture {

/// Symbols of vmlinux are filled in before the kernel looks at the module's tables, those of another module
/// when that is loaded, which may be long after. Then a table that was read too early stays wrong, and code
/// that the kernel rewrote by a table (alternatives, paravirt) is overwritten. Refuses both:
/// "module.late-table".
Result<void> check_late_relocations(const elf::Object& module);

}  // namespace suture
