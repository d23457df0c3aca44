// SPDX-License-Identifier: Apache-2.0
//
// Keeping a repository alive: what is signed is believed for a time only.
#pragma once

#include <string>
#include <vector>

#include "repository/owned.h"

namespace suture {

struct Renewed {
  std::vector<std::string> roles{};    ///< signed anew, timestamp always among them
  std::vector<std::string> waiting{};  ///< due soon, and their keys are not here
  bool requested = false;              ///< what they have to sign is in context.request
};

/// Signs the timestamp anew, and whatever else is in the last third of its time, if its keys are here.
Result<Renewed> renew_repository(const PublisherContext& context);

/// Publishes a change that came back with its signatures (change.h).
Result<Committed> apply_change(const PublisherContext& context, const Change& change);

}  // namespace suture
