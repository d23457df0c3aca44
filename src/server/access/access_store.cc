// SPDX-License-Identifier: Apache-2.0
#include "server/access/access_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/hash.h"
#include "base/time.h"
#include "server/access/access_database.h"
#include "server/access/secret.h"

namespace suture::server {
namespace {

constexpr std::string_view kPrefix = "suture_";
constexpr std::size_t kMostName = 64;
constexpr auto kMostLife = std::chrono::days(3660);
constexpr auto kUseStep = std::chrono::minutes(1);

constexpr const char* kTokenColumns =
    "id, name, hash, role, scopes, created_at, expires_at, last_used_at, revoked_at";

struct StoredToken {
  Token token;
  std::string hash;
};

/// A scope that this program does not know allows nothing, and a role that it does not know is over.
StoredToken read_token(const sql::Statement& row) {
  StoredToken stored{.token = {.id = row.number(0),
                               .name = row.text(1),
                               .created_at = row.text(5),
                               .expires_at = row.text(6),
                               .last_used_at = row.text(7),
                               .revoked_at = row.text(8)},
                     .hash = row.text(2)};
  const auto role = role_from_name(row.text(3));
  stored.token.role = role.value_or(Role::kViewer);
  stored.token.scopes = scopes_from_text(row.text(4));
  if (!role) stored.token.scopes.emplace();
  return stored;
}

/// The number in "suture_3_…"; nothing for any other form.
std::optional<std::int64_t> id_of_secret(std::string_view text) {
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  const auto bar = text.find('_');
  // Also when there is no bar.
  if (bar > 18 || !is_sha256_hex(text.substr(bar + 1))) return std::nullopt;
  std::int64_t id = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + bar, id);
  if (wrong != std::errc{} || end != text.data() + bar || id < 1) return std::nullopt;
  return id;
}

Result<void> check_new(const NewToken& wanted, Store::Time now) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '@';
  };
  const bool letter = !wanted.name.empty() && plain(wanted.name.front()) &&
                      std::string_view("0123456789-_.@").find(wanted.name.front()) == std::string_view::npos;
  if (!letter || wanted.name.size() > kMostName || !std::ranges::all_of(wanted.name, plain)) {
    return fail("token.name", "make a token",
                fmt::format("its name is not 1 to {} letters, digits and -_.@, a letter first", kMostName));
  }
  if (wanted.scopes && wanted.scopes->empty()) {
    return fail("token.scopes", "make a token", "it would have no scope at all");
  }
  for (const Scope scope : wanted.scopes.value_or(std::vector<Scope>())) {
    if (wanted.role < least_role(scope)) {
      return fail(
          "token.scopes", "make a token",
          fmt::format("the scope {} needs the role {} at least", name_of(scope), name_of(least_role(scope))));
    }
  }
  if (wanted.expires_at.empty()) return {};
  const auto end = parse_time(wanted.expires_at);
  if (!end)
    return fail("token.expires", "make a token", "its end is not a time such as 2027-01-31T00:00:00Z");
  if (*end <= now || *end > now + kMostLife) {
    return fail("token.expires", "make a token", "its end is not within the next ten years");
  }
  return {};
}

std::string object_of(const Token& token) {
  std::string text = fmt::format("token {} {}, {}", token.id, token.name, name_of(token.role));
  if (token.scopes) text += fmt::format(" for {}", scopes_text(token.scopes));
  if (!token.expires_at.empty()) text += fmt::format(" until {}", token.expires_at);
  return text;
}

}  // namespace

bool Token::expired(Store::Time now) const {
  if (expires_at.empty()) return false;
  const auto end = parse_time(expires_at);
  return !end || *end <= now;
}

bool looks_like_secret(std::string_view text) {
  return id_of_secret(text).has_value();
}

Result<AccessStore> AccessStore::open(const FleetDatabase& where, StoreLimits limits) {
  auto database = TRY(open_access_database(where, limits));
  auto statements = TRY(prepare(database));
  return AccessStore(std::move(database), std::move(statements));
}

Result<AccessStore::Statements> AccessStore::prepare(sql::Database& database) {
  const auto tokens = [](std::string_view rest) {
    return fmt::format("SELECT {} FROM tokens {}", kTokenColumns, rest);
  };
  return Statements{
      .any = TRY(database.prepare("SELECT EXISTS (SELECT 1 FROM tokens)")),
      .by_id = TRY(database.prepare(tokens("WHERE id = ?1"))),
      .by_name = TRY(database.prepare(tokens("WHERE name = ?1 AND revoked_at IS NULL"))),
      .page = TRY(database.prepare(tokens("WHERE id > ?1 ORDER BY id LIMIT ?2"))),
      .put = TRY(database.prepare("INSERT INTO tokens (id, name, hash, role, scopes, created_at, expires_at)"
                                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, nullif(?7, ''))")),
      .use = TRY(database.prepare("UPDATE tokens SET last_used_at = ?2 WHERE id = ?1")),
      .revoke =
          TRY(database.prepare("UPDATE tokens SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL")),
      .entries = TRY(database.prepare("SELECT number, time, who, action, object, result, hash FROM audit_log"
                                      " WHERE number < ?1 ORDER BY number DESC LIMIT ?2")),
  };
}

Result<bool> AccessStore::any_token() {
  if (*any_) return true;
  const std::lock_guard lock(*turn_);
  sql::ResetOnExit reset_on_exit(statements_.any);
  TRY(statements_.any.step());
  *any_ = statements_.any.number(0) != 0;
  return any_->load();
}

Result<std::optional<Token>> AccessStore::find(std::string_view secret) {
  const auto id = id_of_secret(secret);
  if (!id) return std::nullopt;
  const std::string hash = sha256_hex(as_bytes(secret));
  const std::lock_guard lock(*turn_);
  sql::ResetOnExit reset_on_exit(statements_.by_id);
  if (!TRY(statements_.by_id.bind(1, *id).step())) return std::nullopt;
  StoredToken stored = read_token(statements_.by_id);
  // The number in a token is no secret; whether the hash is right is told by nothing but the answer.
  if (!same_secret(stored.hash, hash)) return std::nullopt;
  return std::move(stored.token);
}

Result<void> AccessStore::note_use(const Token& token, Store::Time now) {
  const auto last = parse_time(token.last_used_at);
  if (last && *last <= now && now - *last < kUseStep) return {};
  const std::string time = rfc3339(now);
  const std::lock_guard lock(*turn_);
  return statements_.use.bind(1, token.id).bind(2, time).run();
}

Result<AddedToken> AccessStore::add(const NewToken& wanted, std::string_view who, Store::Time now) {
  TRY(check_new(wanted, now));
  const std::string digits = TRY(random_digits());
  const std::lock_guard lock(*turn_);
  auto transaction = TRY(sql::Transaction::begin(database_));
  if (TRY(token_named(wanted.name))) {
    return fail("token.exists", "make a token", "there is one named " + wanted.name,
                "revoke it, or take another name");
  }
  AddedToken added;
  added.token = {.id = 1 + TRY(database_.integer("SELECT coalesce(max(id), 0) FROM tokens")),
                 .name = wanted.name,
                 .role = wanted.role,
                 .scopes = wanted.scopes,
                 .created_at = rfc3339(now),
                 .expires_at = wanted.expires_at};
  added.secret = fmt::format("{}{}_{}", kPrefix, added.token.id, digits);
  const std::string hash = sha256_hex(as_bytes(added.secret));
  const std::string scopes = scopes_text(wanted.scopes);
  TRY(statements_.put.bind(1, added.token.id)
          .bind(2, wanted.name)
          .bind(3, hash)
          .bind(4, name_of(wanted.role))
          .bind(5, scopes)
          .bind(6, added.token.created_at)
          .bind(7, wanted.expires_at)
          .run());
  TRY(append_audit(database_, {std::string(who), "token.add", object_of(added.token), "ok"},
                   added.token.created_at));
  TRY(transaction.commit());
  return added;
}

Result<std::optional<Token>> AccessStore::token_of(std::int64_t id) {
  sql::ResetOnExit reset_on_exit(statements_.by_id);
  if (!TRY(statements_.by_id.bind(1, id).step())) return std::nullopt;
  return read_token(statements_.by_id).token;
}

Result<std::optional<Token>> AccessStore::token_named(std::string_view name) {
  sql::ResetOnExit reset_on_exit(statements_.by_name);
  if (!TRY(statements_.by_name.bind(1, name).step())) return std::nullopt;
  return read_token(statements_.by_name).token;
}

Result<std::optional<Token>> AccessStore::revoke(std::int64_t id, std::string_view who, Store::Time now) {
  const std::string time = rfc3339(now);
  const std::lock_guard lock(*turn_);
  auto transaction = TRY(sql::Transaction::begin(database_));
  auto token = TRY(token_of(id));
  if (!token || token->revoked()) return token;
  TRY(statements_.revoke.bind(1, id).bind(2, time).run());
  TRY(append_audit(database_, {std::string(who), "token.revoke", object_of(*token), "ok"}, time));
  TRY(transaction.commit());
  token->revoked_at = time;
  return token;
}

Result<Page<Token>> AccessStore::tokens(std::int64_t after, std::uint32_t limit) {
  const std::lock_guard lock(*turn_);
  sql::ResetOnExit reset_on_exit(statements_.page);
  statements_.page.bind(1, after).bind(2, std::int64_t{limit} + 1);
  Page<Token> page;
  while (TRY(statements_.page.step())) {
    if (page.items.size() == limit) {
      page.more = true;
      break;
    }
    page.items.push_back(read_token(statements_.page).token);
  }
  return page;
}

Result<std::optional<Token>> AccessStore::named(std::string_view name) {
  const std::lock_guard lock(*turn_);
  return token_named(name);
}

Result<void> AccessStore::record(AuditEvent event, Store::Time now) {
  const std::lock_guard lock(*turn_);
  auto transaction = TRY(sql::Transaction::begin(database_));
  TRY(append_audit(database_, std::move(event), rfc3339(now)));
  return transaction.commit();
}

Result<Page<AuditEntry>> AccessStore::entries(std::int64_t before, std::uint32_t limit) {
  const std::lock_guard lock(*turn_);
  sql::Statement& row = statements_.entries;
  sql::ResetOnExit reset_on_exit(row);
  row.bind(1, before).bind(2, std::int64_t{limit} + 1);
  Page<AuditEntry> page;
  while (TRY(row.step())) {
    if (page.items.size() == limit) {
      page.more = true;
      break;
    }
    page.items.push_back({.number = row.number(0),
                          .time = row.text(1),
                          .event = {row.text(2), row.text(3), row.text(4), row.text(5)},
                          .hash = row.text(6)});
  }
  return page;
}

Result<AuditMark> AccessStore::verify(const std::optional<AuditMark>& known) {
  const std::lock_guard lock(*turn_);
  auto transaction = TRY(sql::Transaction::begin(database_, sql::Turn::kRead));
  return verify_audit(database_, known);
}

}  // namespace suture::server
