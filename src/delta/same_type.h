// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "delta/type_layout.h"

namespace suture {

/// Whether two types are written alike, member by member. Most are, and to see it takes a fraction of the
/// time in which compare_type() finds out what differs. False may also mean that it cannot be told this way.
bool same_type(const Types& before, EntryId original, const Types& after, EntryId patched);

}  // namespace suture
