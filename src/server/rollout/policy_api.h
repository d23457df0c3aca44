// SPDX-License-Identifier: Apache-2.0
//
// The part of the API that keeps policies for rollouts.
#pragma once

#include "server/call.h"

namespace suture::server {

Response list_policies(const Call& call);
Response show_policy(const Call& call);
Response put_policy(const Call& call);
Response remove_policy(const Call& call);

}  // namespace suture::server
