// SPDX-License-Identifier: Apache-2.0
//
// A person who may log in: what others are shown of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "server/access/roles.h"

namespace suture::server {

struct User {
  std::int64_t id = 0;
  std::string name{};
  Role role = Role::kViewer;
  Scopes scopes{};
  bool local = true;          ///< has a password here; else logs in by single sign-on
  bool totp = false;          ///< a second factor is set up
  std::string created_at{};   ///< RFC 3339 in UTC, as the others
  std::string disabled_at{};  ///< empty: may log in
  std::string login_at{};     ///< the last; empty: never

  bool disabled() const { return !disabled_at.empty(); }
};

struct NewUser {
  std::string name{};
  Role role = Role::kViewer;
  Scopes scopes{};
  std::string password{};  ///< hashed; empty with a subject
  std::string subject{};   ///< issuer and subject of single sign-on; empty: local
};

/// What is to be another way; nothing: stays.
struct UserChange {
  std::optional<Role> role{};
  std::optional<Scopes> scopes{};
  std::optional<bool> disabled{};
  std::optional<std::string> password{};  ///< hashed
  bool drop_totp = false;                 ///< with its recovery codes
};

}  // namespace suture::server
