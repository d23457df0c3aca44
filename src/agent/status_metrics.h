// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/agent.h"
#include "scanner/metrics.h"

namespace suture {

HostMetrics metrics_of(const AgentStatus& status);

/// For the daemon's endpoint and `suture metrics`: what the host is in now.
Result<std::string> read_metrics(const Agent& agent);

}  // namespace suture
