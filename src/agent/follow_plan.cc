// SPDX-License-Identifier: Apache-2.0
//
// How far a rollout lets this host go. The server says so in its answer to a report, the agent keeps it with
// its state, and the last word counts while the server is away. A check reports first, so that a host which
// the server sees for the first time knows its plan before it applies anything; then it does what the plan
// allows, and reports again what came of it.
//
// A plan is a limit, and nothing else: what may be applied below it the repository's owner has signed, and
// the administrator of this host has let in (agent/policy.h). So it comes from the server alone, over a
// connection that nobody else can speak on, and yields to what the administrator does here:
//   * `suture revert`, `install = "held"` and the command before an apply: the host stays as it is, whatever
//     the plan says, and however urgent it is;
//   * `install = "manual"`: nothing is applied by a plan, and what is above it is left;
//   * `suture update` and `suture revert LEVEL` go up to the plan, as they go up to `highest_level`: who
//   wants
//     more takes the host out of rollouts first (`suture config set rollouts false`), which stands in its
//     configuration for all to see.
#include "agent/agent.h"
#include "agent/log.h"
#include "base/json.h"

namespace suture {

/// The one that counts.
std::optional<Plan> Agent::plan_in(const AgentState& state) const {
  return follows_rollouts(config_) ? state.plan : std::nullopt;
}

/// What a host has to leave, if its administrator does not hold it there.
bool Agent::is_above_plan(const AgentState& state, std::uint32_t level) const {
  const auto plan = plan_in(state);
  return plan && level > plan->level && config_.install.mode != InstallPolicy::Mode::kHeld;
}

/// `answered`: of the process without rights, so it is read again. What cannot be read leaves the plan as it
/// is: a server that is out of order is as one that is away.
Result<void> Agent::keep_plan(const Json& answered) const {
  std::optional<Plan> plan;
  if (const auto found = answered.find("plan"); found != answered.end() && !found->is_null()) {
    plan = TRY(plan_from_json(*found));
  }
  if (plan && !follows_rollouts(config_)) {
    if (!config_.rollouts) log_warning("the server's plan is not followed: it did not come over https");
    plan.reset();
  }
  AgentState state = TRY(read_state(state_file()));
  if (state.plan == plan) return {};
  log_info(plan ? "the server lets this host have " + text_of(*plan)
                : "no rollout steers this host any more");
  state.plan = std::move(plan);
  return write_state(state_file(), state);
}

}  // namespace suture
