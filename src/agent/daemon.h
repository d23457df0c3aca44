// SPDX-License-Identifier: Apache-2.0
//
// sutured's life: recover, then check as the schedule has it and answer requests in between, one at a time.
#pragma once

#include <functional>
#include <memory>

#include "agent/agent.h"
#include "agent/log.h"

namespace suture {

/// Checks, applies and reports once.
Result<void> run_once(Agent& agent);

/// Early in a boot: finishes what was left and applies what was applied before, from the agent's own copy. It
/// is unconfirmed until the daemon, which comes later, has seen it run for a while.
Result<void> run_boot(Agent& agent);

/// An agent as the configuration's files want it at present.
using MakeAgent = std::function<Result<std::shared_ptr<Agent>>()>;

/// Until SIGTERM or SIGINT. SIGHUP makes another agent, and checks; when none can be made, the one that there
/// is goes on. Folder of state and control socket stay as they were at the start.
Result<void> run_daemon(const MakeAgent& make);

}  // namespace suture
