// SPDX-License-Identifier: Apache-2.0
//
// Slows down those who guess passwords: so many tries at once for an account and from an address, then one
// now and then. The first stops many who try one account, the second one who tries many. Kept in the
// database, so that it holds for all servers together and over a restart. A try is counted before it is
// judged: whoever asks a hundred times at once gets no more of them.
#pragma once

#include <memory>
#include <mutex>

#include "server/fleet/store.h"
#include "server/fleet_database.h"

namespace suture::server {

class LoginThrottle {
 public:
  using Time = Store::Time;
  struct Rate {
    std::int64_t burst;           ///< at once
    std::chrono::seconds refill;  ///< until one more
  };
  struct Limits {
    Rate account{.burst = 10, .refill = std::chrono::seconds(60)};
    Rate address{.burst = 20, .refill = std::chrono::seconds(15)};
  };

  static Result<LoginThrottle> open(const FleetDatabase& where, StoreLimits limits = {});

  /// False: not now. With `trusted`, the account's other tries do not count: otherwise whoever tries an
  /// account on purpose would keep its owner out.
  Result<bool> take(std::string_view account, std::string_view address, bool trusted, Time now);
  /// It was the right one.
  Result<void> forgive(std::string_view account, std::string_view address);

  Limits limits{};

 private:
  explicit LoginThrottle(sql::Database database) : database_(std::move(database)) {}
  Result<std::int64_t> left(const std::string& key, Rate rate, std::int64_t now);
  Result<void> put(const std::string& key, std::int64_t wrong, std::int64_t now);

  std::unique_ptr<std::mutex> turn_ = std::make_unique<std::mutex>();
  sql::Database database_;
};

}  // namespace suture::server
