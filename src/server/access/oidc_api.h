// SPDX-License-Identifier: Apache-2.0
//
// The part of the API that sends a browser to the identity provider, and takes it back.
#pragma once

#include "server/call.h"

namespace suture::server {

Response begin_sign_on(const Call& call);
Response finish_sign_on(const Call& call);

}  // namespace suture::server
