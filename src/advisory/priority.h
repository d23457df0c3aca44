// SPDX-License-Identifier: Apache-2.0
//
// Which of the holes that are open to close first. A number to sort by, and each reason for it with its
// share, so that people can disagree.
#pragma once

#include <string>
#include <vector>

#include "advisory/advisory.h"
#include "advisory/finding.h"

namespace suture {

struct PriorityReason {
  int points = 0;      ///< less than 0: there is less to fear; 0: a remark, which moves nothing
  std::string text{};  ///< "CISA's catalogue says that it is exploited, since 2026-05-08"
  bool operator==(const PriorityReason&) const = default;
};

struct Priority {
  int points = 0;  ///< 0 to 100
  std::vector<PriorityReason> reasons{};
};

/// Of what is not affected: 0. Of the objects that the code is in, the one within reach of most counts.
Priority priority_of(const Advisory& advisory, const Finding& finding);

}  // namespace suture
