// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "delta/special_sections.h"
#include "delta/unit.h"

namespace suture {

/// One unit before and after the change, each with its entries of the kernel's tables.
struct UnitPair {
  std::string object;  ///< as DeltaOptions::object
  bool jumps = false;  ///< as DeltaOptions::jumps
  Unit original;
  Unit patched;
  SpecialEntries original_entries;
  SpecialEntries patched_entries;
};

}  // namespace suture
