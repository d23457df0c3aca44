// SPDX-License-Identifier: Apache-2.0
//
// The kernel's own symbol table, as it stands in the image. With CONFIG_KALLSYMS_ALL=y, which live patching
// selects, it names every function and variable, so no debug package is needed.
//
// Format: scripts/kallsyms.c (write_src) writes it, kernel/kallsyms.c reads it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "image/address_space.h"

namespace suture {

struct ImageSymbol {
  std::uint64_t address = 0;  ///< as linked, before KASLR; per-CPU symbols may lie below the kernel
  char type = '?';            ///< as in /proc/kallsyms and nm(1): 't', 'T', 'd', …
  std::string name;
  bool operator==(const ImageSymbol&) const = default;
};

/// Finds the tables by their content and reads them all. The order is the kernel's own, which sympos counts
/// in: by address. "image.no-kallsyms" when no tables are found that hold together.
Result<std::vector<ImageSymbol>> read_kallsyms(const AddressSpace& space);

}  // namespace suture
