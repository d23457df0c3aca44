// SPDX-License-Identifier: Apache-2.0
//
// What is answered about one rollout, to the API and to commands.
#pragma once

#include <functional>
#include "base/json_fwd.h"

#include "server/rollout/rollout_store.h"

namespace suture::server {

/// With approvals, how many more are wanted, and what it brings.
Result<Json> rollout_document(RolloutStore& store, const Rollout& rollout);
/// A rollout by a policy's name or by its own course; its levels are the caller's to add. "policy.unknown".
Result<RolloutOrder> order_of(RolloutStore& store, const NewRollout& wanted);
/// Nothing: no such host has reported.
Result<std::optional<Json>> explain_document(Store& fleet, RolloutStore& store, const PlanIndex& index,
                                             std::string_view host_id,
                                             const std::function<Result<TargetLevels>(std::string)>& levels);

}  // namespace suture::server
