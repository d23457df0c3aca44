// SPDX-License-Identifier: Apache-2.0
//
// What is said of a target, as opposed to what its source shows: ranges of versions, what a distribution
// states of its packages, and the package's own changelog.
#pragma once

#include <string>
#include <vector>

#include "advisory/advisory.h"
#include "advisory/finding.h"
#include "advisory/target_facts.h"

namespace suture {

struct Said {
  std::vector<Evidence> evidence{};  ///< what speaks of this target; each with who says so
  bool not_yet_introduced = false;   ///< a range begins behind this target's version

  /// kUnderInvestigation when nobody says anything, or not all the same. That a fix is in by its version and
  /// that the hole came later is no contradiction: either way it is not open.
  Standing standing() const;
  bool any(Standing standing) const;
  const Evidence* first(Standing standing) const;
};

Said said_of(const Advisory& advisory, const TargetFacts& target);

}  // namespace suture
