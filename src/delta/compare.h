// SPDX-License-Identifier: Apache-2.0
//
// What changed: atoms of both units that correlate, yet do not say the same.
#pragma once

#include <vector>

#include "delta/correlate.h"
#include "delta/unit_pair.h"

namespace suture {

/// Patched atoms, by id, whose original differs: in bytes outside of relocated fields, in what they refer to,
/// or in the entries of special sections about them. Line numbers do not count.
std::vector<AtomId> changed_atoms(const UnitPair& units, const Correlation& correlation);

}  // namespace suture
