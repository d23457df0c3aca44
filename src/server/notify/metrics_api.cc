// SPDX-License-Identifier: Apache-2.0
#include "server/notify/metrics_api.h"

#include "server/notify/metrics.h"

namespace suture::server {

Response show_metrics(const Call& call) {
  if (call.services.metrics == nullptr) return no_path();
  Response response;
  response.headers["Content-Type"] = kMetricsType;
  response.headers["Cache-Control"] = "no-store";
  response.headers["X-Content-Type-Options"] = "nosniff";
  response.body = call.services.metrics->text(call.now);
  return response;
}

}  // namespace suture::server
