// SPDX-License-Identifier: Apache-2.0
//
// The last look before a delta is made: what the kernel could not patch, or would silently do without.
#pragma once

#include "delta/correlate.h"
#include "delta/select.h"
#include "delta/unit_pair.h"

namespace suture {

/// "delta.init-referenced", "delta.init-changed", "delta.percpu-added", "delta.btf-ids-changed",
/// "delta.unsupported-section", "delta.entry-elsewhere": each names the function or section. What is left out
/// without harm is noted in the selection.
Result<void> check_shippable(const UnitPair& units, const Correlation& correlation, Selection& selection);

}  // namespace suture
