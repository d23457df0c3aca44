// SPDX-License-Identifier: Apache-2.0
//
// The second factor: codes of six digits that change every 30 seconds (RFC 6238, with HMAC-SHA1, which is
// what every authenticator has), and codes on paper for whoever has lost theirs.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace suture::server {

/// 160 random bits in base32.
Result<std::string> new_totp_secret();

/// The code of a step; empty for a secret that is none.
std::string totp_code(std::string_view secret, std::int64_t step);
/// The step of 30 seconds since 1970 whose code this is: the present one, or, since clocks differ, the one
/// before or after it.
std::optional<std::int64_t> totp_step_of(std::string_view secret, std::string_view code,
                                         std::chrono::system_clock::time_point now);

/// What authenticators read: "otpauth://totp/Suture:alice?secret=…".
std::string totp_uri(std::string_view user, std::string_view secret);

/// Ten, of 125 bits each: "k3xq7-…", five times five.
Result<std::vector<std::string>> new_recovery_codes();
/// What is kept of one; nothing for what is none. Case and dashes do not matter.
std::optional<std::string> recovery_hash(std::string_view code);

}  // namespace suture::server
