// SPDX-License-Identifier: Apache-2.0
//
// The units that a changed header reaches: first by who includes it (include_graph.h); where only members of
// structures change, by who can name those whose place did (struct_change.h, name_reach.h); then by what the
// preprocessor makes of them before and after (unit_text.h). What is left must be compiled to tell.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/terminal.h"
#include "build/compiled_unit.h"
#include "build/fix.h"
#include "build/kbuild.h"
#include "build/patched_tree.h"
#include "build/struct_change.h"

namespace suture {

struct HeaderReach {
  std::vector<UnitFlags> units;       ///< that may change, without those which the fixes touch themselves
  std::size_t including = 0;          ///< units of the source that include one of the headers
  std::vector<StructChange> structs;  ///< when nothing else changes in the headers
  std::size_t naming = 0;             ///< of the units, those that can name what tells; all of them else
  std::size_t built = 0;              ///< of those, the ones that this kernel has: they were preprocessed
};

struct HeaderReachLimits {
  unsigned jobs = 1;           ///< compilers to run at once
  std::size_t most_units = 0;  ///< that may be left to compile
};

/// `own`: the units that the fixes touch themselves, which show how structures lie before and after.
/// "build.header-changed" when more are left than may be.
Result<HeaderReach> units_reached_by_headers(const Kbuild& kbuild, const PatchedTree& tree,
                                             const TouchedFiles& touched, std::span<const CompiledUnit> own,
                                             const HeaderReachLimits& limits, Progress& progress);

}  // namespace suture
