// SPDX-License-Identifier: Apache-2.0
//
// Calls to hosts that wait (wake.h).
#pragma once

#include "server/call.h"

namespace suture::server {

/// To wait is the connection's business; whoever comes here is told at once where the repository is.
Response show_word(const Call& call);
/// An operator's urgent call to all.
Response call_all(const Call& call);

}  // namespace suture::server
