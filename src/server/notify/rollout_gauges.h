// SPDX-License-Identifier: Apache-2.0
//
// What the database says of rollouts, as gauges for /metrics: of what was counted for their gates already, so
// no host is looked at for it.
#pragma once

#include "base/metrics_text.h"
#include "database/database.h"

namespace suture::server {

/// Rollouts by their state, and how the waves of those that have not ended go: of the last kMostSeries ones.
Result<void> add_rollout_gauges(MetricsText& text, sql::Database& database);

}  // namespace suture::server
