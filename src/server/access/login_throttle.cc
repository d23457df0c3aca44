// SPDX-License-Identifier: Apache-2.0
#include "server/access/login_throttle.h"

#include <algorithm>

#include "base/hash.h"
#include "server/access/access_database.h"
#include "server/access/throttle.h"

namespace suture::server {
namespace {

/// Tries are counted in thousandths.
constexpr std::int64_t kOne = 1000;

std::string account_key(std::string_view account) {
  return "account " + sha256_hex(as_bytes(account)).substr(0, 32);
}

std::string address_key(std::string_view address) {
  return "address " + throttle_key(address);
}

std::int64_t seconds_of(Store::Time time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

bool is_full(std::int64_t left, LoginThrottle::Rate rate) {
  return left > (rate.burst - 1) * kOne;
}

}  // namespace

Result<LoginThrottle> LoginThrottle::open(const FleetDatabase& where, StoreLimits limits) {
  return LoginThrottle(TRY(open_access_database(where, limits)));
}

/// Those that still count. A clock that was set back forgives nothing.
Result<std::int64_t> LoginThrottle::left(const std::string& key, Rate rate, std::int64_t now) {
  auto row = TRY(database_.prepare("SELECT wrong, seen FROM login_failures WHERE key = ?1"));
  if (!TRY(row.bind(1, key).step())) return 0;
  const std::int64_t passed = std::max<std::int64_t>(0, now - row.number(1));
  return std::max<std::int64_t>(0, row.number(0) - passed * kOne / rate.refill.count());
}

Result<void> LoginThrottle::put(const std::string& key, std::int64_t wrong, std::int64_t now) {
  auto row =
      TRY(database_.prepare("INSERT INTO login_failures (key, wrong, seen) VALUES (?1, ?2, ?3)"
                            " ON CONFLICT (key) DO UPDATE SET wrong = excluded.wrong, seen = excluded.seen"));
  return row.bind(1, key).bind(2, wrong).bind(3, now).run();
}

Result<bool> LoginThrottle::take(std::string_view account, std::string_view address, bool trusted, Time now) {
  const std::string by_account = account_key(account);
  const std::string by_address = address_key(address);
  const std::int64_t second = seconds_of(now);
  const std::lock_guard lock(*turn_);
  auto transaction = TRY(sql::Transaction::begin(database_));
  // What has leaked out says nothing any more. Each try takes a hash's time, so there are not many.
  const auto slowest =
      std::max(limits.account.burst * limits.account.refill, limits.address.burst * limits.address.refill);
  auto over = TRY(database_.prepare("DELETE FROM login_failures WHERE seen < ?1"));
  TRY(over.bind(1, second - slowest.count()).run());
  const std::int64_t of_account = TRY(left(by_account, limits.account, second));
  const std::int64_t of_address = TRY(left(by_address, limits.address, second));
  if ((!trusted && is_full(of_account, limits.account)) || is_full(of_address, limits.address)) return false;
  if (!trusted) TRY(put(by_account, of_account + kOne, second));
  TRY(put(by_address, of_address + kOne, second));
  TRY(transaction.commit());
  return true;
}

Result<void> LoginThrottle::forgive(std::string_view account, std::string_view address) {
  const std::string by_account = account_key(account);
  const std::string by_address = address_key(address);
  const std::lock_guard lock(*turn_);
  auto transaction = TRY(sql::Transaction::begin(database_));
  auto gone = TRY(database_.prepare("DELETE FROM login_failures WHERE key = ?1"));
  TRY(gone.bind(1, by_account).run());
  // Of the address only this one: who has an account must not get endless tries at others'.
  auto one =
      TRY(database_.prepare("UPDATE login_failures SET wrong = wrong - ?2 WHERE key = ?1 AND wrong >= ?2"));
  TRY(one.bind(1, by_address).bind(2, kOne).run());
  return transaction.commit();
}

}  // namespace suture::server
