// SPDX-License-Identifier: Apache-2.0
#include "server/health_api.h"

#include "base/json.h"

namespace suture::server {

Response show_health(const Call& call) {
  const auto healthy = call.services.store.check();
  return healthy ? json_response(200, {{"status", "ok"}}) : response_for(healthy.error());
}

}  // namespace suture::server
