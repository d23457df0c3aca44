// SPDX-License-Identifier: Apache-2.0
//
// What an identity provider says of somebody who has just logged in there, and whether it says it to us, of
// this very login, and now (OpenID Connect Core 1.0, 3.1.3.7).
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json_fwd.h"

namespace suture::server {

struct IdExpectation {
  std::string issuer;
  std::string client_id;
  std::string nonce;
  std::string role_claim;  ///< "groups", "realm_access.roles"; empty: none
};

struct IdClaims {
  std::string subject{};
  std::string name{};                 ///< preferred_username, else email if it is verified; may be empty
  std::vector<std::string> groups{};  ///< what the claim of roles says
};

/// How far the provider's clock may be from ours.
inline constexpr std::chrono::seconds kIdTokenSkew{60};

/// Of a token whose signature holds. "oidc.claims" says which claim is wrong.
Result<IdClaims> check_id_claims(std::string_view payload, const IdExpectation& wanted,
                                 std::chrono::system_clock::time_point now);

}  // namespace suture::server
