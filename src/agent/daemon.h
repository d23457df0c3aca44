// SPDX-License-Identifier: Apache-2.0
//
// sutured's life: recover, then check at each interval and answer requests in between, one at a time.
#pragma once

#include <chrono>

#include "agent/agent.h"
#include "agent/log.h"

namespace suture {

/// Checks, applies and reports once.
Result<void> run_once(Agent& agent);

/// Early in a boot: finishes what was left and applies what was applied before, from the agent's own copy. It
/// is unconfirmed until the daemon, which comes later, has seen it run for a while.
Result<void> run_boot(Agent& agent);

/// Until SIGTERM or SIGINT. SIGHUP checks at once.
Result<void> run_daemon(Agent& agent);

/// The time to the next check: `interval`, shifted by up to a tenth, so that a fleet that was started by one
/// power switch does not come all at once. `random` is uniform.
std::chrono::seconds next_check(std::chrono::seconds interval, std::uint32_t random);

}  // namespace suture
