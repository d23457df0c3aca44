// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace suture::server {

// No reference to hosts: what happened to one is still told when it is gone. `host_id` is empty where it is
// about no single host.
inline constexpr const char* kEventsSchema = R"sql(
  CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    time TEXT NOT NULL,
    kind TEXT NOT NULL,
    severity TEXT NOT NULL,
    host_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL
  ) STRICT;
  CREATE INDEX events_by_kind ON events (kind, id);
  CREATE INDEX events_by_host ON events (host_id, id);
  CREATE INDEX events_by_severity ON events (severity, id);
)sql";

}  // namespace suture::server
