// SPDX-License-Identifier: Apache-2.0
//
// API tokens and the audit log, on a connection of their own to the fleet's database. Whatever changes a
// token appends to the log in the same transaction. Safe to call from several threads; other processes may
// work on the same file.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/access/audit_log.h"
#include "server/access/roles.h"
#include "server/fleet/store.h"

namespace suture::server {

struct Token {
  std::int64_t id = 0;
  std::string name{};
  Role role = Role::kViewer;
  Scopes scopes{};
  std::string created_at{};    ///< RFC 3339 in UTC, as the others
  std::string expires_at{};    ///< empty: never
  std::string last_used_at{};  ///< to the minute; empty: never
  std::string revoked_at{};    ///< empty: it is not

  /// A time that cannot be read is over.
  bool expired(Store::Time now) const;
  bool revoked() const { return !revoked_at.empty(); }
};

struct NewToken {
  std::string name{};
  Role role = Role::kViewer;
  Scopes scopes{};
  std::string expires_at{};  ///< empty: never
};

struct AddedToken {
  Token token;
  std::string secret;  ///< to be shown once; only its hash is kept
};

class AccessStore {
 public:
  /// As Store::open().
  static Result<AccessStore> open(const FleetDatabase& where, StoreLimits limits = {});

  /// Whether there ever was one: revoking the last does not open the server again.
  Result<bool> any_token();
  /// The token of this secret, which may be over or revoked.
  Result<std::optional<Token>> find(std::string_view secret);
  /// Notes that it was used, once a minute at most.
  Result<void> note_use(const Token& token, Store::Time now);

  /// "token.name", "token.scopes", "token.expires", "token.exists".
  Result<AddedToken> add(const NewToken& wanted, std::string_view who, Store::Time now);
  /// Nothing when there is none of this id. Revoking again changes nothing.
  Result<std::optional<Token>> revoke(std::int64_t id, std::string_view who, Store::Time now);
  /// In the order in which they were made.
  Result<Page<Token>> tokens(std::int64_t after, std::uint32_t limit);
  /// The one of this name that is not revoked.
  Result<std::optional<Token>> named(std::string_view name);

  Result<void> record(AuditEvent event, Store::Time now);
  /// Newest first.
  Result<Page<AuditEntry>> entries(std::int64_t before, std::uint32_t limit);
  Result<AuditMark> verify(const std::optional<AuditMark>& known = {});

 private:
  struct Statements {
    sql::Statement any, by_id, by_name, page, put, use, revoke, entries;
  };
  AccessStore(sql::Database database, Statements statements)
      : turn_(std::make_unique<sql::Turns>(database.dialect())),
        database_(std::move(database)),
        statements_(std::move(statements)) {}
  static Result<Statements> prepare(sql::Database& database);
  Result<std::optional<Token>> token_of(std::int64_t id);
  Result<std::optional<Token>> token_named(std::string_view name);

  std::unique_ptr<sql::Turns> turn_;
  sql::Database database_;
  Statements statements_;
  std::unique_ptr<std::atomic<bool>> any_ = std::make_unique<std::atomic<bool>>(false);
};

/// Whether a text has the form of a token of ours: "suture_3_" and 64 hexadecimal digits.
bool looks_like_secret(std::string_view text);

}  // namespace suture::server
