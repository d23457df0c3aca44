// SPDX-License-Identifier: Apache-2.0
//
// What must be shipped: the changed functions, and what they need that the running kernel does not have.
#pragma once

#include <vector>

#include "delta/correlate.h"
#include "delta/delta.h"
#include "delta/unit_pair.h"

namespace suture {

struct Selection {
  std::vector<AtomId> shipped;   ///< patched atoms, ascending: code and data
  std::vector<AtomId> replaced;  ///< of these, the functions which take the place of an original one
  AtomId module_exit = kNoAtom;  ///< of these, the one which the module's own pointer leads to
  std::vector<DeltaNote> notes;
};

/// `changed` as from changed_atoms(). Refuses what cannot be shipped: "delta.data-changed",
/// "delta.init-changed", "delta.ambiguous-static-local", "delta.nameless-data", "delta.no-ftrace-entry".
Result<Selection> select_shipped(const UnitPair& units, const Correlation& correlation,
                                 const std::vector<AtomId>& changed);

/// Code and data that the kernel throws away once it, or the module, has started.
bool is_init_section(std::string_view name);
/// Code and data for a module's removal. What is built in cannot be removed, so vmlinux has none.
bool is_exit_section(std::string_view name);

}  // namespace suture
