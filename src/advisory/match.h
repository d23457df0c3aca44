// SPDX-License-Identifier: Apache-2.0
//
// Is a target affected by a vulnerability?
//
// What the target's own source shows comes before what is said of it. In this order:
//
//   1. Is any of the files that the fix changes there, and compiled under this configuration? If not, the
//      kernel has none of the code. A file that is gone while versions say "affected" may only have been
//      cut into others: then it is not known.
//   2. Are the lines of the fix there, or those that it takes away (hunk_sight.h)? With the fix's lines it is
//      fixed, whatever its version. With the old ones the fix is missing; it is then affected, unless the
//      hole came with other code at a later version.
//   3. Where lines are found in neither form (the code was written anew, or is not there yet), what is
//      said decides, if all say the same.
#pragma once

#include "advisory/advisory.h"
#include "advisory/code_change.h"
#include "advisory/finding.h"
#include "advisory/target_facts.h"

namespace suture {

/// `change` may be empty, when nobody knows the code: then only what is said counts.
Finding match(const Advisory& advisory, const CodeChange& change, const TargetFacts& target);

}  // namespace suture
