// SPDX-License-Identifier: Apache-2.0
//
// What an operator sees of a host's key, and what he does when the host begins anew.
#pragma once

#include "server/call.h"

namespace suture::server {

/// Of the call's host; null when no key is known.
Result<Json> key_of(const Call& call);
Response forget_host_key(const Call& call);

}  // namespace suture::server
