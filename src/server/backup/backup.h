// SPDX-License-Identifier: Apache-2.0
//
// All that a fleet's database has, in one file that any database takes: from SQLite to SQLite, and from there
// to PostgreSQL or back. Lines of JSON:
//
//   {"suture_backup": 1, "schema": 6, "made_at": "2027-01-15T08:00:00Z", "program": "suture-server 0.1.0"}
//   {"table": "hosts", "columns": ["host_id", "state", …], "last": 0}     once a table; `last` as it numbers
//   ["0011…", "applied", …]                                                each row, in the order of its key
//   {"sha256": "…"}                                                        of all lines before
//
// Tables come in an order in which none refers to a later one.
#pragma once

#include <chrono>
#include <filesystem>
#include <istream>

#include "server/access/audit_log.h"
#include "server/fleet_database.h"

namespace suture::server {

struct BackupSummary {
  std::int64_t schema = 0;
  std::int64_t tables = 0;
  std::int64_t rows = 0;
  AuditMark audit{};  ///< the log's last entry
};

/// As the database is at one moment, while servers work on it. "backup.file", "backup.text"; the chain of the
/// audit log is checked on the way.
Result<BackupSummary> write_backup(const FleetDatabase& database, const std::filesystem::path& file,
                                   std::chrono::system_clock::time_point now);

/// Into a database without any table ("backup.not-empty"); all of it or nothing. "backup.malformed" for what
/// is none of ours or was changed, "store.newer" for one of a later program, "access.audit-broken".
Result<BackupSummary> restore_backup(sql::Database& database, std::istream& bytes);
Result<BackupSummary> restore_backup(const FleetDatabase& database, const std::filesystem::path& file);

}  // namespace suture::server
