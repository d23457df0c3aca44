// SPDX-License-Identifier: Apache-2.0
//
// Which of the holes that are open to close first. A number to sort by, and each reason for it with its
// share, so that people can disagree.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "advisory/advisory.h"
#include "advisory/finding.h"

namespace suture {

/// What is known of a fleet, beside the advisory.
struct Exposure {
  std::size_t hosts = 0;            ///< of this target; 0: not known
  std::size_t hosts_with_code = 0;  ///< that have the code loaded: the image always, a module where it is
};

struct PriorityReason {
  int points = 0;      ///< 0: a remark, which moves nothing
  std::string text{};  ///< "CISA's catalogue says that it is exploited, since 2026-05-08"
};

struct Priority {
  int points = 0;  ///< 0 to 100
  std::vector<PriorityReason> reasons{};
};

/// Of what is not affected: 0.
Priority priority_of(const Advisory& advisory, const Finding& finding, const Exposure& exposure = {});

}  // namespace suture
