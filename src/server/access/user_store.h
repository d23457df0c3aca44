// SPDX-License-Identifier: Apache-2.0
//
// The people who may log in, on a connection of their own to the fleet's database. Whatever changes one
// appends to the audit log in the same transaction, and ends that one's sessions where rights or the password
// change. The last local admin can be neither removed nor disabled nor made less. Safe to call from several
// threads and servers.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "server/access/user.h"
#include "server/fleet/store.h"
#include "server/fleet_database.h"

namespace suture::server {

/// What only a login needs.
struct Credentials {
  User user{};
  std::string password{};     ///< hashed; empty: none
  std::string totp_secret{};  ///< base32; empty: none
  std::string login_from{};   ///< address of the last login
};

/// 1 to 64 letters, digits and -_.@+, and none of these first.
bool is_user_name(std::string_view name);

class UserStore {
 public:
  using Time = Store::Time;
  /// As Store::open().
  static Result<UserStore> open(const FleetDatabase& where, StoreLimits limits = {});

  /// The last one cannot be removed: it would open the server again.
  Result<bool> any();
  Result<std::optional<User>> find(std::int64_t id);
  Result<std::optional<User>> named(std::string_view name);
  Result<std::optional<Credentials>> credentials(std::string_view name);
  /// In the order in which they were made.
  Result<Page<User>> users(std::int64_t after, std::uint32_t limit);

  /// "user.name", "user.scopes", "user.exists".
  Result<User> add(const NewUser& wanted, std::string_view who, Time now);
  /// Nothing when there is none of this id. "user.last-admin", "user.scopes", "user.not-local".
  Result<std::optional<User>> change(std::int64_t id, const UserChange& change, std::string_view who,
                                     Time now);
  /// False when there is none of this id. "user.last-admin", "user.last".
  Result<bool> remove(std::int64_t id, std::string_view who, Time now);
  // user_totp.cc
  /// A secret for a second factor, until it is confirmed or another one is offered.
  Result<void> offer_totp(std::int64_t id, std::string_view secret);
  Result<std::string> offered_totp(std::int64_t id);
  /// Makes the offered secret the user's, with these recovery codes, hashed. False when it is not offered any
  /// more. `step` is the one of the code that confirmed it.
  Result<bool> take_totp(std::int64_t id, std::string_view secret, std::int64_t step,
                         const std::vector<std::string>& recovery, std::string_view who, Time now);
  /// False for a step that was used before, or one that is older than such.
  Result<bool> use_totp(std::int64_t id, std::int64_t step);
  /// False for one that is none, or not any more.
  Result<bool> use_recovery(const User& user, std::string_view hash, Time now);

  // user_sign_on.cc
  /// Who the identity provider says it is, by a text that names both for ever; made when there is none, and
  /// given the role that the provider's groups say now. "oidc.disabled".
  Result<User> sign_on(const std::string& subject, std::string_view name, Role role, std::string_view client,
                       Time now);

  Result<void> note_login(std::int64_t id, std::string_view client, Time now);

 private:
  explicit UserStore(sql::Database database) : database_(std::move(database)) {}
  Result<std::optional<Credentials>> one(std::string_view where, std::int64_t id, std::string_view text);
  Result<std::string> free_name(std::string_view name, const std::string& subject);
  Result<void> check_admin_left(std::int64_t without);
  Result<void> write(const User& before, const User& after, const UserChange& change);

  std::unique_ptr<std::mutex> turn_ = std::make_unique<std::mutex>();
  sql::Database database_;
  bool any_ = false;
};

}  // namespace suture::server
