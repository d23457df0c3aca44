// SPDX-License-Identifier: Apache-2.0
//
// Users, sessions and logins as documents. What comes from a client is not trusted: "user.schema" tells what
// is wrong with it, and never what was in it.
#pragma once

#include "base/json_fwd.h"
#include "server/access/login.h"
#include "server/access/session_store.h"
#include "server/access/user.h"

namespace suture::server {

Json to_json(const User& user);
/// {"user": …, "role": …, "scopes": […], "way": …, "csrf": …}: scopes are what may be done, spelt out.
Json to_json(const Session& session);

/// {"name": …, "password": …, "code": … or null}
Result<LoginTry> parse_login(std::string_view text);

struct OwnPassword {
  std::string old_password;
  std::string new_password;
};
/// {"old": …, "new": …}
Result<OwnPassword> parse_own_password(std::string_view text);

/// {"password": …}
Result<std::string> parse_password(std::string_view text);
/// {"code": …}
Result<std::string> parse_code(std::string_view text);

/// {"name": …, "role": …, "scopes": [...] or null, "password": …}; the password as it was typed.
Result<NewUser> parse_new_user(std::string_view text);
/// {"role": …, "scopes": [...] or null, "disabled": …, "password": …, "totp": false}, each of which may be
/// absent; the password as it was typed.
Result<UserChange> parse_user_change(std::string_view text);

}  // namespace suture::server
