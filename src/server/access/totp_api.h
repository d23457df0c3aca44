// SPDX-License-Identifier: Apache-2.0
//
// The part of the API by which people set up their own second factor.
#pragma once

#include "server/call.h"

namespace suture::server {

Response offer_totp(const Call& call);
Response confirm_totp(const Call& call);
Response drop_totp(const Call& call);

}  // namespace suture::server
