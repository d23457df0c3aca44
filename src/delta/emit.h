// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "delta/correlate.h"
#include "delta/delta.h"
#include "delta/select.h"
#include "delta/unit_pair.h"

namespace suture {

/// Builds the object to ship out of the selected atoms and their entries of special sections.
Delta emit_delta(const UnitPair& units, const Correlation& correlation, Selection selection);

}  // namespace suture
