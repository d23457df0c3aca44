// SPDX-License-Identifier: Apache-2.0
#include "server/access/session_store.h"

#include "base/hash.h"
#include "base/time.h"
#include "server/access/access_database.h"
#include "server/access/secret.h"

namespace suture::server {
namespace {

constexpr auto kUseStep = std::chrono::minutes(1);

bool is_within(const std::string& since, std::chrono::seconds span, Store::Time now) {
  const auto begin = parse_time(since);
  // A clock that was set back makes none longer than it would have been.
  return begin && *begin <= now + kUseStep && now - *begin < span;
}

}  // namespace

std::string csrf_token(std::string_view secret) {
  return sha256_hex(as_bytes("suture csrf " + std::string(secret)));
}

Result<SessionStore> SessionStore::open(const FleetDatabase& where, StoreLimits limits) {
  return open(where, limits, Limits());
}

Result<SessionStore> SessionStore::open(const FleetDatabase& where, StoreLimits limits, Limits sessions) {
  return SessionStore(TRY(open_access_database(where, limits)), sessions);
}

Result<void> SessionStore::sweep(std::int64_t user, Time now) {
  const std::string oldest = rfc3339(now - limits_.whole);
  const std::string idlest = rfc3339(now - limits_.idle);
  auto over = TRY(database_.prepare("DELETE FROM sessions WHERE created_at < ?1 OR used_at < ?2"));
  TRY(over.bind(1, oldest).bind(2, idlest).run());
  auto many =
      TRY(database_.prepare("DELETE FROM sessions WHERE user_id = ?1 AND id NOT IN"
                            " (SELECT id FROM sessions WHERE user_id = ?1 ORDER BY id DESC LIMIT ?2)"));
  return many.bind(1, user).bind(2, static_cast<std::int64_t>(limits_.per_user) - 1).run();
}

Result<std::string> SessionStore::begin(const User& user, std::string_view way, Time now) {
  std::string secret = TRY(random_digits());
  const std::string hash = sha256_hex(as_bytes(secret));
  const std::string time = rfc3339(now);
  const std::lock_guard lock(*turn_);
  auto transaction = TRY(sql::Transaction::begin(database_));
  TRY(sweep(user.id, now));
  auto put = TRY(database_.prepare(
      "INSERT INTO sessions (hash, user_id, way, created_at, used_at) VALUES (?1, ?2, ?3, ?4, ?4)"));
  TRY(put.bind(1, hash).bind(2, user.id).bind(3, way).bind(4, time).run());
  TRY(transaction.commit());
  return secret;
}

Result<std::optional<Session>> SessionStore::find(std::string_view secret, Time now) {
  if (!is_sha256_hex(secret)) return std::nullopt;
  const std::string hash = sha256_hex(as_bytes(secret));
  const std::lock_guard lock(*turn_);
  auto row = TRY(database_.prepare(
      "SELECT s.id, s.way, s.created_at, s.used_at, u.id, u.name, u.role, u.scopes, u.subject, u.totp_secret,"
      " u.created_at, u.login_at FROM sessions s JOIN users u ON u.id = s.user_id"
      " WHERE s.hash = ?1 AND u.disabled_at = ''"));
  if (!TRY(row.bind(1, hash).step())) return std::nullopt;
  const auto role = role_from_name(row.text(6));
  if (!role) return std::nullopt;
  Session found{.id = row.number(0),
                .user = {.id = row.number(4),
                         .name = row.text(5),
                         .role = *role,
                         .scopes = scopes_from_text(row.text(7)),
                         .local = row.text(8).empty(),
                         .totp = !row.text(9).empty(),
                         .created_at = row.text(10),
                         .login_at = row.text(11)},
                .way = row.text(1),
                .created_at = row.text(2),
                .used_at = row.text(3),
                .csrf = csrf_token(secret)};
  row.reset();
  if (!is_within(found.created_at, limits_.whole, now) || !is_within(found.used_at, limits_.idle, now)) {
    return std::nullopt;
  }
  if (is_within(found.used_at, kUseStep, now)) return found;
  const std::string time = rfc3339(now);
  auto use = TRY(database_.prepare("UPDATE sessions SET used_at = ?2 WHERE id = ?1"));
  TRY(use.bind(1, found.id).bind(2, time).run());
  return found;
}

Result<void> SessionStore::end(std::int64_t id) {
  const std::lock_guard lock(*turn_);
  auto gone = TRY(database_.prepare("DELETE FROM sessions WHERE id = ?1"));
  return gone.bind(1, id).run();
}

Result<std::int64_t> SessionStore::end_all(std::int64_t user) {
  const std::lock_guard lock(*turn_);
  auto gone = TRY(database_.prepare("DELETE FROM sessions WHERE user_id = ?1"));
  TRY(gone.bind(1, user).run());
  return database_.rows_changed();
}

}  // namespace suture::server
