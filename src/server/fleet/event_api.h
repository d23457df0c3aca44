// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/call.h"

namespace suture::server {

/// What happened in the fleet (events.h).
Response list_events(const Call& call);

}  // namespace suture::server
