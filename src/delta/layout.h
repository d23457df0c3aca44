// SPDX-License-Identifier: Apache-2.0
//
// Whether shipped code and the running kernel agree on how data lies in memory.
//
// A fix that adds a member compiles, links and loads, and then corrupts memory: objects which were allocated
// before have the old size, and nobody set the new member. Code alone does not show that, debug information
// does. It does not tell which members code touches, so a type counts as used by shipped code when debug
// information leads from there to it: from parameters, locals, inlined and called functions, and variables,
// through members and pointers. One to which it leads from nowhere in the unit is used in an expression only,
// nobody knows in which function's, and counts as used as well.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "delta/debug_info.h"
#include "delta/delta.h"
#include "delta/select.h"
#include "delta/unit.h"
#include "patchset/risk_fact.h"

namespace suture {

struct LayoutFindings {
  std::vector<DeltaNote> notes;
  std::vector<RiskFact> risks;
};

/// "delta.layout-changed" names the types of which objects of the old form can reach new code or the reverse.
/// `accepted` are names ("struct task_struct") whose change the fix declares to cope with.
Result<LayoutFindings> check_layouts(const Unit& patched, const Selection& selection,
                                     const DebugInfo& original_debug, const DebugInfo& patched_debug,
                                     const std::set<std::string>& accepted);

}  // namespace suture
