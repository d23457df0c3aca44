// SPDX-License-Identifier: Apache-2.0
//
// Why a host has the level that it has: sentences, each with a code, from what it said to what is to come.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "patchset/report.h"
#include "server/rollout/plan.h"

namespace suture::server {

struct ExplainedHost {
  HostReport report{};
  std::string received_at{};
  /// The repository's newest level for its kernel, 0 for none; nothing: this server does not know.
  std::optional<std::uint32_t> published{};
  /// Rollouts that took a level of its kernel back, the last first.
  std::vector<std::pair<Rollout, TargetLevel>> reverted{};
};

/// Codes: explain.reported, .error, .target, .no-target, .unsteered, .floor, .wave, .not-yet, .kept,
/// .unknown-target, .gate, .reverted, .not-following, .quarantined, .as-planned, .above, .below, .host-holds,
/// .unsupported.
std::vector<Reason> explain(const ExplainedHost& host, const PlanIndex& index);

/// {"host_id": …, "level": …, "plan": {…} or null, "because": [{"code": …, "text": …}, …]}
Json explanation_json(const ExplainedHost& host, const PlanIndex& index);

PlanFor plan_question(const HostReport& report);

}  // namespace suture::server
