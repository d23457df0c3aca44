// SPDX-License-Identifier: Apache-2.0
//
// The part of the API that hands out tokens and shows what was done.
#pragma once

#include "server/call.h"

namespace suture::server {

Response list_tokens(const Call& call);
Response add_token(const Call& call);
Response revoke_token(const Call& call);
Response show_audit(const Call& call);

}  // namespace suture::server
