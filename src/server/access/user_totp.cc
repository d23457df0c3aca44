// SPDX-License-Identifier: Apache-2.0
//
// The part of the users' store that keeps second factors. A step and a recovery code are taken by one
// statement each, so that of two servers which are shown the same code at once only one takes it.
#include <fmt/format.h>

#include "server/access/audit_log.h"
#include "server/access/user_store.h"

namespace suture::server {

Result<void> UserStore::offer_totp(std::int64_t id, std::string_view secret) {
  const std::lock_guard lock(*turn_);
  auto put = TRY(database_.prepare("UPDATE users SET totp_new = ?2 WHERE id = ?1 AND subject = ''"));
  return put.bind(1, id).bind(2, secret).run();
}

Result<std::string> UserStore::offered_totp(std::int64_t id) {
  const std::lock_guard lock(*turn_);
  auto row = TRY(database_.prepare("SELECT totp_new FROM users WHERE id = ?1"));
  if (!TRY(row.bind(1, id).step())) return std::string();
  return row.text(0);
}

Result<bool> UserStore::take_totp(std::int64_t id, std::string_view secret, std::int64_t step,
                                  const std::vector<std::string>& recovery, std::string_view who, Time now) {
  const std::lock_guard lock(*turn_);
  auto transaction = TRY(sql::Transaction::begin(database_));
  const auto found = TRY(one("id = ?1", id, {}));
  if (!found) return false;
  auto put = TRY(database_.prepare(
      "UPDATE users SET totp_secret = ?2, totp_new = '', totp_step = ?3 WHERE id = ?1 AND totp_new = ?2"));
  TRY(put.bind(1, id).bind(2, secret).bind(3, step).run());
  if (database_.rows_changed() != 1) return false;
  auto old = TRY(database_.prepare("DELETE FROM recovery_codes WHERE user_id = ?1"));
  TRY(old.bind(1, id).run());
  auto code = TRY(database_.prepare("INSERT INTO recovery_codes (user_id, hash) VALUES (?1, ?2)"));
  for (const std::string& hash : recovery) TRY(code.bind(1, id).bind(2, hash).run());
  TRY(append_audit(database_, {std::string(who), "user.totp", fmt::format("user {}", found->user.name), "ok"},
                   rfc3339(now)));
  TRY(transaction.commit());
  return true;
}

Result<bool> UserStore::use_totp(std::int64_t id, std::int64_t step) {
  const std::lock_guard lock(*turn_);
  auto use = TRY(database_.prepare("UPDATE users SET totp_step = ?2 WHERE id = ?1 AND totp_step < ?2"));
  TRY(use.bind(1, id).bind(2, step).run());
  return database_.rows_changed() == 1;
}

Result<bool> UserStore::use_recovery(const User& user, std::string_view hash, Time now) {
  const std::lock_guard lock(*turn_);
  auto transaction = TRY(sql::Transaction::begin(database_));
  auto use = TRY(database_.prepare("DELETE FROM recovery_codes WHERE user_id = ?1 AND hash = ?2"));
  TRY(use.bind(1, user.id).bind(2, hash).run());
  if (database_.rows_changed() != 1) return false;
  auto left = TRY(database_.prepare("SELECT count(*) FROM recovery_codes WHERE user_id = ?1"));
  if (!TRY(left.bind(1, user.id).step())) return false;
  const auto count = left.number(0);
  left.reset();
  TRY(append_audit(
      database_,
      {"user " + user.name, "user.recovery", fmt::format("{} recovery codes are left", count), "ok"},
      rfc3339(now)));
  TRY(transaction.commit());
  return true;
}

}  // namespace suture::server
