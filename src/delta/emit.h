// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "delta/correlate.h"
#include "delta/delta.h"
#include "delta/select.h"
#include "delta/special_sections.h"
#include "delta/unit.h"

namespace suture {

/// Builds the object to ship out of the selected atoms and their entries of special sections.
Delta emit_delta(const Unit& original, const Unit& patched, const SpecialEntries& entries,
                 const Correlation& correlation, const Selection& selection);

}  // namespace suture
