// SPDX-License-Identifier: Apache-2.0
#include "server/schema.h"

#include <array>

#include "database/migration.h"

namespace suture::server {
namespace {

constexpr std::array<const char*, 1> kMigrations = {
    // `report` is the last report whole; the columns beside it exist only to be searched and counted.
    R"sql(
      CREATE TABLE hosts (
        host_id TEXT PRIMARY KEY,
        state TEXT NOT NULL,
        level INTEGER NOT NULL,
        release TEXT NOT NULL,
        first_seen_at TEXT NOT NULL,
        received_at TEXT NOT NULL,
        report TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX hosts_by_state ON hosts (state, host_id);
      CREATE INDEX hosts_by_level ON hosts (level);
      CREATE INDEX hosts_by_release ON hosts (release);

      CREATE TABLE host_cves (
        cve TEXT NOT NULL,
        host_id TEXT NOT NULL REFERENCES hosts (host_id) ON DELETE CASCADE,
        PRIMARY KEY (cve, host_id)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX host_cves_by_host ON host_cves (host_id);

      CREATE TABLE reports (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        host_id TEXT NOT NULL REFERENCES hosts (host_id) ON DELETE CASCADE,
        received_at TEXT NOT NULL,
        report TEXT NOT NULL
      ) STRICT;
      CREATE INDEX reports_by_host ON reports (host_id, id);
    )sql",
};

}  // namespace

Result<void> migrate(sqlite::Database& database) {
  return sqlite::migrate(database, {.what = "the database",
                                    .program = "suture-server",
                                    .option = "--database",
                                    .application_id = kApplicationId,
                                    .steps = kMigrations});
}

}  // namespace suture::server
