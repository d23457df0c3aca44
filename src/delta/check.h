// SPDX-License-Identifier: Apache-2.0
//
// The last look before a delta is made: what the kernel could not patch, or would silently do without.
#pragma once

#include "delta/correlate.h"
#include "delta/select.h"
#include "delta/special_sections.h"
#include "delta/unit.h"

namespace suture {

/// "delta.no-ftrace-entry", "delta.init-referenced", "delta.export-added", "delta.percpu-added",
/// "delta.btf-ids-changed", "delta.unsupported-section": each names the function or section.
Result<void> check_shippable(const Unit& original, const SpecialEntries& original_entries,
                             const Unit& patched, const Correlation& correlation, const Selection& selection);

}  // namespace suture
