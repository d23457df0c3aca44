// SPDX-License-Identifier: Apache-2.0
//
// Which function and variable of the patched unit is which of the original one.
#pragma once

#include <vector>

#include "delta/unit.h"

namespace suture {

struct Correlation {
  std::vector<AtomId> original_of;  ///< by patched atom; kNoAtom: it is new, or private
  std::vector<AtomId> patched_of;   ///< by original atom; kNoAtom: it is gone, or private
  std::vector<bool> ambiguous;      ///< by patched atom: it may be one of several variables, or none of them
};

Correlation correlate(const Unit& original, const Unit& patched);

}  // namespace suture
