// SPDX-License-Identifier: Apache-2.0
#include "agent/status_metrics.h"

namespace suture {

HostMetrics metrics_of(const AgentStatus& status) {
  return {.report = status.report,
          .newest = status.newest,
          .transition = status.transition,
          .plan = status.plan ? std::optional(status.plan->level) : std::nullopt,
          .quarantined = status.quarantined.size(),
          .version = SUTURE_VERSION};
}

Result<std::string> read_metrics(const Agent& agent) {
  return metrics_text(metrics_of(TRY(agent.status())));
}

}  // namespace suture
