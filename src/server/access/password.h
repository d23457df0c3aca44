// SPDX-License-Identifier: Apache-2.0
//
// Passwords of people, as argon2id (RFC 9106) keeps them: a text that tells its own parameters and salt and
// says nothing of the password. A hash takes memory on purpose, so only so many are made at a time.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace suture::server {

inline constexpr std::size_t kLeastPassword = 12;   ///< letters, not bytes
inline constexpr std::size_t kMostPassword = 1024;  ///< bytes

/// NIST SP 800-63B, 3.1.1.2: a length, and nothing that is guessed first. No rules of what is to be in it.
/// "user.password".
Result<void> check_new_password(std::string_view password, std::string_view user);

/// "$argon2id$v=19$m=19456,t=2,p=1$…", the parameters that OWASP recommends. "user.hash" where there is no
/// memory for it.
Result<std::string> hash_password(std::string_view password);

/// Takes as long when there is nobody of that name, that is for an empty `hash`, which nothing matches.
Result<bool> is_password(std::string_view password, const std::string& hash);

}  // namespace suture::server
