// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace suture::server {

// `address` is a URL, or mail addresses with a space between two; so are `kinds`, empty for all, as
// `group_name` is. `cursor` is
// the last event that was looked at for this receiver, `gathered_at` when its last message was made. A
// message waits, is sent, or is dead; while somebody is at it, `claim` says who and `claimed_until` how long
// nobody else may be. Times are empty where there is none.
inline constexpr const char* kReceiversSchema = R"sql(
  CREATE TABLE notification_receivers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    way TEXT NOT NULL,
    address TEXT NOT NULL,
    secret TEXT NOT NULL,
    kinds TEXT NOT NULL,
    severity TEXT NOT NULL,
    group_name TEXT NOT NULL,
    interval_seconds INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    cursor INTEGER NOT NULL,
    gathered_at TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX notification_receivers_by_name ON notification_receivers (name);

  CREATE TABLE notification_outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    receiver_id INTEGER NOT NULL REFERENCES notification_receivers (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    message TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    next_at TEXT NOT NULL,
    claim TEXT NOT NULL,
    claimed_until TEXT NOT NULL,
    error TEXT NOT NULL,
    ended_at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX notification_outbox_by_time ON notification_outbox (state, next_at, number);
  CREATE INDEX notification_outbox_by_receiver ON notification_outbox (receiver_id, state, number);
)sql";

}  // namespace suture::server
