// SPDX-License-Identifier: Apache-2.0
//
// All that it takes for people to log in, in one place for the gate and the handlers.
#pragma once

#include <memory>
#include <string>

#include "server/access/login_throttle.h"
#include "server/access/oidc.h"
#include "server/access/session_store.h"
#include "server/access/throttle.h"
#include "server/access/user_store.h"

namespace suture::server {

struct LoginPolicy {
  bool https = false;         ///< this server speaks TLS
  bool require_totp = false;  ///< whoever has a password needs a second factor, too
  std::string
      public_url{};  ///< where browsers find it, "https://suture.example.org"; empty: as they ask for it

  /// Whether browsers come by https: to this server, or to a proxy in front of it.
  bool secure() const { return https || public_url.starts_with("https://"); }
};

struct People {
  static Result<People> open(const FleetDatabase& database, StoreLimits limits, LoginPolicy policy) {
    return People{TRY(UserStore::open(database, limits)), TRY(SessionStore::open(database, limits)),
                  TRY(LoginThrottle::open(database, limits)), std::move(policy)};
  }

  UserStore users;
  SessionStore sessions;
  LoginThrottle throttle;
  LoginPolicy policy{};
  std::shared_ptr<Oidc> oidc{};  ///< null: no single sign-on
};

}  // namespace suture::server
