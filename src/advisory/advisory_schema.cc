// SPDX-License-Identifier: Apache-2.0
#include "advisory/advisory_schema.h"

#include <array>

#include "database/migration.h"

namespace suture {
namespace {

/// "SUTA", in the header of the file: keeps us from writing into another program's file.
constexpr std::int64_t kApplicationId = 0x53555441;

constexpr std::array<const char*, 1> kMigrations = {
    // A document's fingerprint is empty while it is being read: whoever is killed then reads it again.
    // `hash` is that of what a record says: an unchanged one is not written again. Long texts stand apart
    // from what is searched, so that a search reads little.
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

}  // namespace

Result<void> migrate_advisories(sql::Database& database) {
  return sql::migrate(database, {.what = "the advisories",
                                 .program = "suture",
                                 .option = "--advisories",
                                 .application_id = kApplicationId,
                                 .steps = kMigrations});
}

}  // namespace suture
