// SPDX-License-Identifier: Apache-2.0
#include "server/access/login.h"

#include "server/access/password.h"
#include "server/access/totp.h"

namespace suture::server {
namespace {

/// The way one has logged in, or nothing for a code that is wrong or was used. Who has no second factor may
/// type what they like.
Result<std::optional<std::string>> second_factor(People& people, const Credentials& who,
                                                 std::string_view code, Store::Time now) {
  if (who.totp_secret.empty()) return "password";
  if (const auto step = totp_step_of(who.totp_secret, code, now)) {
    if (TRY(people.users.use_totp(who.user.id, *step))) return "totp";
  }
  const auto hash = recovery_hash(code);
  if (hash && TRY(people.users.use_recovery(who.user, *hash, now))) return "recovery";
  return std::nullopt;
}

}  // namespace

Result<std::variant<LoggedIn, LoginRefusal>> try_login(People& people, const LoginTry& login,
                                                       std::string_view client, Store::Time now) {
  const auto found = TRY(people.users.credentials(login.name));
  const bool known_place = found && !found->login_from.empty() && found->login_from == client;
  if (!TRY(people.throttle.take(login.name, client, known_place, now))) return LoginRefusal::kTooMany;
  const bool right = TRY(is_password(login.password, found ? found->password : std::string()));
  if (!right || found->user.disabled()) return LoginRefusal::kWrong;
  const auto way = TRY(second_factor(people, *found, login.code, now));
  if (!way) return LoginRefusal::kWrong;
  TRY(people.throttle.forgive(login.name, client));
  TRY(people.users.note_login(found->user.id, client, now));
  return LoggedIn{.user = found->user, .way = *way};
}

Result<std::optional<LoginRefusal>> check_password_again(People& people, const User& user,
                                                         std::string_view password, std::string_view client,
                                                         Store::Time now) {
  if (!TRY(people.throttle.take(user.name, client, false, now))) return LoginRefusal::kTooMany;
  const auto found = TRY(people.users.credentials(user.name));
  if (!TRY(is_password(password, found ? found->password : std::string()))) return LoginRefusal::kWrong;
  TRY(people.throttle.forgive(user.name, client));
  return std::nullopt;
}

}  // namespace suture::server
