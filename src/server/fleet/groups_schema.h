// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace suture::server {

// `group_hosts` has the members of every group, also of those with a rule, which is worked out when a host,
// its tags or the rule change: so each list walks an index. `rule` is JSON, empty for a list of hosts.
// `builds` are the kernels that a repository has or had patchsets for, which tell a host's distribution.
inline constexpr const char* kGroupsSchema = R"sql(
  CREATE TABLE host_tags (
    tag TEXT NOT NULL,
    host_id TEXT NOT NULL REFERENCES hosts (host_id) ON DELETE CASCADE,
    PRIMARY KEY (tag, host_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX host_tags_by_host ON host_tags (host_id, tag);

  CREATE TABLE host_groups (
    name TEXT PRIMARY KEY,
    description TEXT NOT NULL,
    rule TEXT NOT NULL,
    changed_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE group_hosts (
    name TEXT NOT NULL REFERENCES host_groups (name) ON DELETE CASCADE,
    host_id TEXT NOT NULL REFERENCES hosts (host_id) ON DELETE CASCADE,
    PRIMARY KEY (name, host_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX group_hosts_by_host ON group_hosts (host_id, name);

  CREATE TABLE builds (
    build_id TEXT PRIMARY KEY,
    distribution TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
)sql";

}  // namespace suture::server
