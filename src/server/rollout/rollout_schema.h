// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace suture::server {

// `course` and `progress` are JSON of rollout_json.h. `version` rises with each change of a rollout, and the
// one `generation` with each change that can move a host's plan: a server that sees another one reads all
// again; `calls` with each that hosts are to hear of at once. `rollout_floor` has, for each target of a
// governed channel, what every host of it may have, and the rollout that brought it (0: it had that before).
inline constexpr const char* kRolloutSchema = R"sql(
  CREATE TABLE rollout_policies (
    name TEXT PRIMARY KEY,
    channel TEXT NOT NULL,
    body TEXT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE rollouts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT NOT NULL,
    policy TEXT NOT NULL,
    state TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at TEXT NOT NULL,
    course TEXT NOT NULL,
    progress TEXT NOT NULL,
    version INTEGER NOT NULL,
    examined_at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX rollouts_by_state ON rollouts (state, id);
  CREATE INDEX rollouts_by_channel ON rollouts (channel, id);

  CREATE TABLE rollout_levels (
    rollout_id INTEGER NOT NULL REFERENCES rollouts (id),
    build_id TEXT NOT NULL,
    level INTEGER NOT NULL,
    previous INTEGER NOT NULL,
    PRIMARY KEY (rollout_id, build_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE rollout_approvals (
    rollout_id INTEGER NOT NULL REFERENCES rollouts (id),
    wave INTEGER NOT NULL,
    name TEXT NOT NULL,
    who TEXT NOT NULL,
    time TEXT NOT NULL,
    PRIMARY KEY (rollout_id, wave, name)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE rollout_channels (
    channel TEXT PRIMARY KEY,
    governed_since TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE rollout_floor (
    channel TEXT NOT NULL,
    build_id TEXT NOT NULL,
    level INTEGER NOT NULL,
    rollout_id INTEGER NOT NULL,
    PRIMARY KEY (channel, build_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE rollout_generation (
    one INTEGER PRIMARY KEY,
    generation INTEGER NOT NULL,
    calls INTEGER NOT NULL
  ) STRICT;
)sql";

}  // namespace suture::server
