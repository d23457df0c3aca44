// SPDX-License-Identifier: Apache-2.0
//
// Which symbols of the running kernel a delta is about. A name is not enough: hundreds of static functions
// share theirs with another unit's, and livepatch takes the position among the equal ones (sympos). Two
// things are certain, and nothing else is used:
//
// - A local symbol of an object is local in the kernel, and no two of its global ones have the same name.
// - The linker lays a unit's symbols of one kind of section side by side, in the object's order. If there is
//   just one place where all of them lie like that, it is the unit's.
//
// What this leaves open is refused.
#pragma once

#include "base/error.h"
#include "delta/delta.h"
#include "delta/record.h"
#include "delta/symbol_table.h"
#include "elf/object.h"

namespace suture {

/// Fills in the positions of `record`, which was made of this delta. Refuses with "delta.not-in-symbols" (a
/// replaced function which is nowhere by itself), "delta.symbol-ambiguous", "delta.symbol-unknown".
Result<void> locate_symbols(const SymbolTable& table, const Delta& delta, const elf::Object& original,
                            DeltaRecord& record);

}  // namespace suture
