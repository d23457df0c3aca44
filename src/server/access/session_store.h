// SPDX-License-Identifier: Apache-2.0
//
// Who is logged in, on a connection of its own to the fleet's database, so that a session opens every server
// of the fleet. What the browser holds is a secret; only its SHA-256 is kept. Safe to call from several
// threads and servers.
#pragma once

#include <memory>
#include <mutex>

#include "server/access/user.h"
#include "server/fleet/store.h"
#include "server/fleet_database.h"

namespace suture::server {

struct Session {
  std::int64_t id = 0;
  User user{};
  std::string way{};  ///< how one logged in: "password", "totp", "recovery", "oidc"
  std::string created_at{};
  std::string used_at{};  ///< to the minute
  std::string csrf{};     ///< what a request that changes something must carry
};

class SessionStore {
 public:
  using Time = Store::Time;
  struct Limits {
    std::chrono::seconds idle = std::chrono::hours(1);
    std::chrono::seconds whole = std::chrono::hours(12);
    std::size_t per_user = 16;  ///< a new one ends the oldest
  };

  /// As Store::open().
  static Result<SessionStore> open(const FleetDatabase& where, StoreLimits limits = {});
  static Result<SessionStore> open(const FleetDatabase& where, StoreLimits limits, Limits sessions);

  const Limits& limits() const { return limits_; }
  /// The secret of a new one: 64 hexadecimal digits. Those that are over are swept away.
  Result<std::string> begin(const User& user, std::string_view way, Time now);
  /// The one of this secret, unless it is over or its user disabled. Notes that it was used, once a minute.
  Result<std::optional<Session>> find(std::string_view secret, Time now);
  Result<void> end(std::int64_t id);
  /// How many there were.
  Result<std::int64_t> end_all(std::int64_t user);

 private:
  SessionStore(sql::Database database, Limits limits) : database_(std::move(database)), limits_(limits) {}
  Result<void> sweep(std::int64_t user, Time now);

  std::unique_ptr<std::mutex> turn_ = std::make_unique<std::mutex>();
  sql::Database database_;
  Limits limits_;
};

/// Made of the session's secret, which it does not give away.
std::string csrf_token(std::string_view secret);

}  // namespace suture::server
