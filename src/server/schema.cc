// SPDX-License-Identifier: Apache-2.0
#include "server/schema.h"

#include <array>

#include "server/access/audit_end_schema.h"
#include "server/access/users_schema.h"
#include "server/fleet/events_schema.h"
#include "server/fleet/groups_schema.h"
#include "server/fleet/host_facts_schema.h"
#include "server/fleet/published_schema.h"
#include "server/notify/receivers_schema.h"
#include "server/rollout/rollout_schema.h"

namespace suture::server {
namespace {

constexpr std::array kMigrations = {
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
    // Tokens stay when they are revoked, and the log only grows: triggers refuse whatever else, also what a
    // REPLACE would do without a word. Texts are RFC 3339 times; `scopes` is empty for all of the role's.
    R"sql(
      CREATE TABLE tokens (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        hash TEXT NOT NULL,
        role TEXT NOT NULL,
        scopes TEXT NOT NULL,
        created_at TEXT NOT NULL,
        expires_at TEXT,
        last_used_at TEXT,
        revoked_at TEXT
      ) STRICT;
      CREATE UNIQUE INDEX tokens_by_name ON tokens (name) WHERE revoked_at IS NULL;
      CREATE TRIGGER tokens_stay BEFORE DELETE ON tokens
        BEGIN SELECT RAISE(ABORT, 'a token is revoked, never deleted'); END;
      CREATE TRIGGER tokens_are_fixed
        BEFORE UPDATE OF id, name, hash, role, scopes, created_at, expires_at ON tokens
        BEGIN SELECT RAISE(ABORT, 'a token is never changed'); END;
      CREATE TRIGGER tokens_stay_revoked BEFORE UPDATE OF revoked_at ON tokens
        WHEN OLD.revoked_at IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'a token stays revoked'); END;
      CREATE TRIGGER tokens_are_new BEFORE INSERT ON tokens
        WHEN EXISTS (SELECT 1 FROM tokens WHERE id = NEW.id OR (name = NEW.name AND revoked_at IS NULL))
        BEGIN SELECT RAISE(ABORT, 'a token is never changed'); END;

      CREATE TABLE audit_log (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        time TEXT NOT NULL,
        who TEXT NOT NULL,
        action TEXT NOT NULL,
        object TEXT NOT NULL,
        result TEXT NOT NULL,
        hash TEXT NOT NULL
      ) STRICT;
      CREATE TRIGGER audit_log_stays BEFORE DELETE ON audit_log
        BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
      CREATE TRIGGER audit_log_is_fixed BEFORE UPDATE ON audit_log
        BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
      CREATE TRIGGER audit_log_grows BEFORE INSERT ON audit_log
        WHEN NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM audit_log)
        BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
    )sql",
    // `boots` and `clones` are JSON, of host_keys.cc.
    R"sql(
      CREATE TABLE host_keys (
        host_id TEXT PRIMARY KEY REFERENCES hosts (host_id) ON DELETE CASCADE,
        key TEXT NOT NULL,
        counter INTEGER NOT NULL,
        registered_at TEXT NOT NULL,
        boots TEXT NOT NULL,
        cloned_at TEXT NOT NULL,
        clones TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX host_keys_by_key ON host_keys (key, host_id);
    )sql",
    kEventsSchema,
    kHostFactsSchema,
    kGroupsSchema,
    kPublishedSchema,
    kAuditEndSchema,
    kReceiversSchema,
    kUsersSchema,
    kRolloutSchema,
};

}  // namespace

const sql::Schema& fleet_schema() {
  static constexpr sql::Schema kSchema{.what = "the database",
                                       .program = "suture-server",
                                       .option = "--database",
                                       .application_id = kApplicationId,
                                       .steps = kMigrations};
  return kSchema;
}

Result<void> migrate(sql::Database& database) {
  return sql::migrate(database, fleet_schema());
}

}  // namespace suture::server
