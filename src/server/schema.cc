// SPDX-License-Identifier: Apache-2.0
#include "server/schema.h"

#include <fmt/format.h>

#include <array>

namespace suture::server {
namespace {

// Each entry takes the schema one version further. Entries are never changed once released: files that
// went through the old text are out there.
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

Result<void> take_step(sqlite::Database& database, std::size_t step) {
  auto transaction = TRY(sqlite::Transaction::begin(database));
  TRY(database.execute(kMigrations.at(step)));
  TRY(database.execute(
      fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {};", kApplicationId, step + 1)));
  return transaction.commit();
}

}  // namespace

Result<void> migrate(sqlite::Database& database) {
  const auto version = TRY(database.integer("PRAGMA user_version"));
  const auto application = TRY(database.integer("PRAGMA application_id"));
  const auto tables = TRY(database.integer("SELECT count(*) FROM sqlite_schema"));
  if (application != kApplicationId && (application != 0 || version != 0 || tables != 0)) {
    return fail("store.foreign", "open the database", "the file belongs to another program",
                "name a new file with --database");
  }
  if (version < 0 || static_cast<std::size_t>(version) > kMigrations.size()) {
    return fail(
        "store.newer", "open the database",
        fmt::format("its schema has version {}, this program knows up to {}", version, kMigrations.size()),
        "run the newer suture-server that wrote it, or name a new file with --database");
  }
  for (auto step = static_cast<std::size_t>(version); step < kMigrations.size(); ++step) {
    TRY_IN("update the database's schema", take_step(database, step));
  }
  return {};
}

}  // namespace suture::server
