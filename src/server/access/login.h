// SPDX-License-Identifier: Apache-2.0
//
// Whether somebody is who they say, by name, password and, where it is set up, a code.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "server/access/people.h"

namespace suture::server {

struct LoginTry {
  std::string name{};
  std::string password{};
  std::string code{};  ///< of the second factor; empty: none
};

struct LoggedIn {
  User user{};
  std::string way{};  ///< as Session::way
};
enum class LoginRefusal {
  kWrong,    ///< the name, the password or the code; which of them is told to nobody
  kTooMany,  ///< from this address or for this account; nothing was looked at
};

/// Takes as long whatever is wrong, and says no more.
Result<std::variant<LoggedIn, LoginRefusal>> try_login(People& people, const LoginTry& login,
                                                       std::string_view client, Store::Time now);

/// For one that is logged in, before something that a browser left alone must not do: nothing, or why not.
Result<std::optional<LoginRefusal>> check_password_again(People& people, const User& user,
                                                         std::string_view password, std::string_view client,
                                                         Store::Time now);

}  // namespace suture::server
