// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace suture::server {

// What of a host's last report is searched and counted, apart from the report itself: rows are short, and
// most reports change nothing here. `error` is the code of the last attempt's error. `silent` is 1 from the
// event host.silent to the next report. `fleet_marks` has how far work in the background has come, so that
// each piece is done once, by whichever server comes first.
inline constexpr const char* kHostFactsSchema = R"sql(
  CREATE TABLE host_facts (
    host_id TEXT PRIMARY KEY REFERENCES hosts (host_id) ON DELETE CASCADE,
    hostname TEXT NOT NULL,
    release TEXT NOT NULL,
    build_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    level INTEGER NOT NULL,
    state TEXT NOT NULL,
    silent INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    error TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX host_facts_by_name ON host_facts (hostname, host_id);
  CREATE INDEX host_facts_by_release ON host_facts (release, host_id);
  CREATE INDEX host_facts_by_build ON host_facts (build_id, host_id);
  CREATE INDEX host_facts_by_patch ON host_facts (build_id, channel, level, state, silent, host_id);
  CREATE INDEX hosts_by_time ON hosts (received_at, host_id);

  CREATE TABLE fleet_marks (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
)sql";

}  // namespace suture::server
