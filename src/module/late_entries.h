// SPDX-License-Identifier: Apache-2.0
//
// The kernel reads the tables of a module when it loads it, and then a key of another module may not be there
// yet. Two of the tables can do without such an entry:
//
// - .static_call_sites makes a direct call of one through the static call's trampoline. Without an entry the
//   call goes through the trampoline, which the kernel keeps right as well.
// - __jump_table, where the key is that of a tracepoint. The jump around it is compiled for a tracepoint that
//   is off, and stays: the new code works, but does not tell tracers of it.
//
// All other keys decide what the code does; check_late_relocations() refuses them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "elf/object.h"
#include "module/link.h"

namespace suture {

/// A tracepoint that cannot be switched on in new code.
struct SilentTracepoint {
  std::string name;
  std::string function{};
  std::uint64_t offset = 0;  ///< of the jump, in the function
};

/// Takes these entries out of the tables of `object`, whose symbols come from `sources` (as in LinkPart).
std::vector<SilentTracepoint> drop_late_entries(elf::Object& object,
                                                const std::vector<std::optional<SymbolSource>>& sources);

}  // namespace suture
