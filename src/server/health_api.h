// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/call.h"

namespace suture::server {

/// 200 while the database answers, for whoever balances load.
Response show_health(const Call& call);

}  // namespace suture::server
