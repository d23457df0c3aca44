// SPDX-License-Identifier: Apache-2.0
//
// Signed webhooks as the Standard Webhooks specification has them, so that receivers can check a message with
// a library that they already have: HMAC-SHA256 over "ID.TIMESTAMP.BODY", in base 64.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace suture::server {

/// "whsec_" and 32 random bytes in base 64. "notify.random" where the system has none.
Result<std::string> new_webhook_secret();

/// The value of `webhook-signature`: "v1,…". "notify.secret" when the secret is none of ours.
Result<std::string> webhook_signature(std::string_view secret, std::string_view id, std::int64_t timestamp,
                                      std::string_view body);

}  // namespace suture::server
