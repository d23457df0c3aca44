// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "build/evidence.h"

namespace suture {

/// For the person who must find out why a function is not as shipped: what differs, and a few instructions
/// around the place, ours and the kernel's beside each other.
std::string difference_text(const Unit& unit, AtomId function, const Difference& difference,
                            const ShippedObject& shipped);

}  // namespace suture
