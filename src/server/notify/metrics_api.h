// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/call.h"

namespace suture::server {

/// GET /metrics, in Prometheus' text format.
Response show_metrics(const Call& call);

}  // namespace suture::server
