// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace suture::server {

// `password` is a PHC string, empty for those who log in elsewhere; `subject` is who they are there, empty
// for those who log in here. `scopes` is empty for all of the role's, `disabled_at` for those who may log in.
// `totp_secret` is base32; `totp_new` is one that was shown and not confirmed yet; `totp_step` the last step
// of 30 seconds whose code was used. Sessions and recovery codes are kept as SHA-256. `login_failures` has
// its keys hashed, too: what is typed for a name may be a password.
inline constexpr const char* kUsersSchema = R"sql(
  CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    scopes TEXT NOT NULL,
    password TEXT NOT NULL,
    subject TEXT NOT NULL,
    totp_secret TEXT NOT NULL,
    totp_new TEXT NOT NULL,
    totp_step INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    disabled_at TEXT NOT NULL,
    login_at TEXT NOT NULL,
    login_from TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX users_by_name ON users (name);
  CREATE UNIQUE INDEX users_by_subject ON users (subject) WHERE subject <> '';

  CREATE TABLE recovery_codes (
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    PRIMARY KEY (user_id, hash)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash TEXT NOT NULL,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    way TEXT NOT NULL,
    created_at TEXT NOT NULL,
    used_at TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX sessions_by_hash ON sessions (hash);
  CREATE INDEX sessions_by_user ON sessions (user_id, id);
  CREATE INDEX sessions_by_age ON sessions (created_at);

  CREATE TABLE login_failures (
    key TEXT PRIMARY KEY,
    wrong INTEGER NOT NULL,
    seen INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX login_failures_by_age ON login_failures (seen);
)sql";

}  // namespace suture::server
