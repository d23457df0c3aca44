// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace suture::server {

// Levels that were seen in a repository, so that each is told of once. `history` has the fleet's numbers,
// one row an hour.
inline constexpr const char* kPublishedSchema = R"sql(
  CREATE TABLE published (
    build_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    level INTEGER NOT NULL,
    withdrawn INTEGER NOT NULL,
    PRIMARY KEY (build_id, channel, level)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE history (
    time TEXT PRIMARY KEY,
    hosts INTEGER NOT NULL,
    safe INTEGER NOT NULL,
    exposed INTEGER NOT NULL,
    unknown INTEGER NOT NULL,
    silent INTEGER NOT NULL,
    failed INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
)sql";

}  // namespace suture::server
