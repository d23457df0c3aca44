// SPDX-License-Identifier: Apache-2.0
#include "advisory/advisory_schema.h"

#include <fmt/format.h>

#include <array>

namespace suture {
namespace {

/// "SUTA", in the header of the file: keeps us from writing into another program's file.
constexpr std::int64_t kApplicationId = 0x53555441;

// Each entry takes the schema one version further. Entries are never changed once released: files that
// went through the old text are out there.
constexpr std::array<const char*, 1> kMigrations = {
    // A document's fingerprint is empty while it is being read: whoever is killed then reads it again.
    // `hash` is that of what a record says: an unchanged one is not written again. Long texts stand apart
    // from
    // what is searched, so that a search reads little.
    R"sql(
      CREATE TABLE sources (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        format TEXT NOT NULL,
        location TEXT NOT NULL,
        place TEXT NOT NULL,
        reading INTEGER NOT NULL,
        cursor TEXT NOT NULL,
        tried TEXT NOT NULL,
        synced TEXT NOT NULL,
        problem TEXT NOT NULL
      ) STRICT;

      CREATE TABLE documents (
        id INTEGER PRIMARY KEY,
        source INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        code TEXT NOT NULL,
        why TEXT NOT NULL,
        since TEXT NOT NULL
      ) STRICT;
      CREATE UNIQUE INDEX documents_by_name ON documents (source, name);
      CREATE INDEX documents_with_problem ON documents (source) WHERE code != '';

      CREATE TABLE records (
        id INTEGER PRIMARY KEY,
        document INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        hash TEXT NOT NULL,
        code TEXT NOT NULL,
        why TEXT NOT NULL,
        since TEXT NOT NULL
      ) STRICT;
      CREATE UNIQUE INDEX records_by_name ON records (document, name);
      CREATE INDEX records_with_problem ON records (document) WHERE code != '';

      CREATE TABLE voices (
        id INTEGER PRIMARY KEY,
        record INTEGER NOT NULL REFERENCES records (id) ON DELETE CASCADE,
        source INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
        cve TEXT NOT NULL,
        title TEXT NOT NULL,
        modified TEXT NOT NULL,
        heard TEXT NOT NULL,
        score INTEGER NOT NULL,
        epss INTEGER NOT NULL,
        exploited INTEGER NOT NULL,
        kernel INTEGER NOT NULL,
        withdrawn INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX voices_by_cve ON voices (cve);
      CREATE INDEX voices_by_record ON voices (record);
      CREATE INDEX voices_by_source ON voices (source);

      CREATE TABLE voice_texts (
        voice INTEGER PRIMARY KEY REFERENCES voices (id) ON DELETE CASCADE,
        json TEXT NOT NULL
      ) STRICT;

      CREATE TABLE voice_products (
        voice INTEGER NOT NULL REFERENCES voices (id) ON DELETE CASCADE,
        product TEXT NOT NULL,
        PRIMARY KEY (voice, product)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX voice_products_by_name ON voice_products (product, voice);

      CREATE TABLE changed (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        cve TEXT NOT NULL UNIQUE
      ) STRICT;

      CREATE TABLE followers (
        name TEXT PRIMARY KEY,
        position INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE queue (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        cve TEXT NOT NULL,
        target TEXT NOT NULL,
        commits TEXT NOT NULL,
        reason TEXT NOT NULL,
        priority INTEGER NOT NULL,
        state TEXT NOT NULL,
        since TEXT NOT NULL,
        builder TEXT NOT NULL,
        lease_until TEXT NOT NULL,
        tries INTEGER NOT NULL,
        outcome TEXT NOT NULL,
        UNIQUE (cve, target)
      ) STRICT;
      CREATE INDEX queue_by_priority ON queue (state, priority DESC, id);
    )sql",
};

Result<void> take_step(sqlite::Database& database, std::size_t step) {
  auto transaction = TRY(sqlite::Transaction::begin(database));
  // Another program may have been here first.
  if (TRY(database.integer("PRAGMA user_version")) > static_cast<std::int64_t>(step)) return {};
  TRY(database.execute(kMigrations.at(step)));
  TRY(database.execute(
      fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {};", kApplicationId, step + 1)));
  return transaction.commit();
}

}  // namespace

Result<void> migrate_advisories(sqlite::Database& database) {
  const auto version = TRY(database.integer("PRAGMA user_version"));
  const auto application = TRY(database.integer("PRAGMA application_id"));
  const auto tables = TRY(database.integer("SELECT count(*) FROM sqlite_schema"));
  if (application != kApplicationId && (application != 0 || version != 0 || tables != 0)) {
    return fail("store.foreign", "open the advisories", "the file belongs to another program",
                "Name a new file with --store.");
  }
  if (version < 0 || static_cast<std::size_t>(version) > kMigrations.size()) {
    return fail(
        "store.newer", "open the advisories",
        fmt::format("its schema has version {}, this program knows up to {}", version, kMigrations.size()),
        "Use the newer suture that wrote it, or name a new file with --store.");
  }
  for (auto step = static_cast<std::size_t>(version); step < kMigrations.size(); ++step) {
    TRY_IN("update the schema of the advisories", take_step(database, step));
  }
  return {};
}

}  // namespace suture
