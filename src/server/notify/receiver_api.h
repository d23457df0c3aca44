// SPDX-License-Identifier: Apache-2.0
//
// /api/v1/notifications: who is told of what happens, and what came of it.
#pragma once

#include "server/call.h"

namespace suture::server {

Response list_receivers(const Call& call);
Response add_receiver(const Call& call);
Response show_receiver(const Call& call);
Response remove_receiver(const Call& call);
/// A message that says nothing, to see whether one arrives.
Response test_receiver(const Call& call);
Response list_messages(const Call& call);
/// Messages that were given up are tried again.
Response retry_messages(const Call& call);

}  // namespace suture::server
