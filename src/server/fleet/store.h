// SPDX-License-Identifier: Apache-2.0
//
// What the fleet's hosts last said, and a bounded history of it, in one database. Safe to call from
// several threads. Every error is "store.unavailable": nothing is wrong with the question,
// and the same call may work later.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "database/database.h"
#include "patchset/report.h"
#include "server/fleet/checkpointer.h"
#include "server/fleet/host_facts.h"
#include "server/fleet/host_keys.h"
#include "server/fleet/host_list.h"
#include "server/fleet_database.h"

namespace suture::server {

struct StoreLimits {
  std::uint32_t reports_per_host = 100;  ///< older ones are dropped as new ones come
  std::uint32_t database_pages = 0;      ///< of 4 KiB; 0: as large as the disk allows
};

struct ReportRecord {
  std::int64_t id = 0;
  std::string received_at;
  std::string report;
};

struct Count {
  std::string name;
  std::int64_t hosts = 0;
};

struct FleetSummary {
  std::int64_t hosts = 0;
  std::vector<Count> by_state;
  std::vector<Count> by_level;
  std::vector<Count> by_release;
};

/// A report that came in, with who signed it; nothing: it is not signed.
struct Incoming {
  HostReport report;
  std::optional<Signer> signer{};
  std::chrono::system_clock::time_point at{};  ///< by the server's clock
};

class Store {
 public:
  using Time = std::chrono::system_clock::time_point;

  static Result<Store> open(const FleetDatabase& where, StoreLimits limits = {});

  /// Makes each report its host's present one, and adds it to the history if it says something new
  /// (says_the_same()). All share one transaction, and so one write to the disk: what was taken stays taken
  /// once this returns. Each has a result of its own, in their order; what is not taken changes nothing, and
  /// one that the database does not take leaves the others as they would be without it.
  std::vector<Result<Admission>> add_all(std::span<const Incoming> reports);
  Result<Admission> add(const HostReport& report, Time now, const Signer* signer = nullptr);

  Result<Page<HostRecord>> hosts(const HostQuery& query);
  Result<std::optional<HostRecord>> host(std::string_view host_id);
  /// Newest first; `before` is the id of the last one already seen.
  Result<Page<ReportRecord>> reports(std::string_view host_id, std::int64_t before, std::uint32_t limit);
  Result<FleetSummary> summary();
  Result<std::optional<HostKeyRecord>> host_key(std::string_view host_id);
  /// Other hosts that sign with this key, the first few.
  Result<std::vector<std::string>> others_with_key(std::string_view key, std::string_view host_id);
  /// Whether there was one to forget: the next key that is seen for this host is its own.
  Result<bool> forget_host_key(std::string_view host_id);
  /// That the database answers.
  Result<void> check();

  /// What other parts ask of the same database, in its turn: `act` takes the database.
  template <class Act>
  auto read(Act act) {
    const std::lock_guard lock(*turn_);
    return act(database_);
  }
  /// The same in one transaction, which an error rolls back.
  template <class Act>
  auto write(Act act) -> decltype(act(std::declval<sql::Database&>())) {
    const std::lock_guard lock(*turn_);
    auto transaction = TRY(sql::Transaction::begin(database_));
    auto done = act(database_);
    if (done) TRY(transaction.commit());
    return done;
  }

 private:
  struct Statements {
    sql::Statement known, put_host, touch_host, drop_cves, put_cve, put_report, drop_old_reports;
    sql::Statement host, reports;
    sql::Statement by_state, by_level, by_release, ping;
  };
  struct Known {
    std::string report;
    bool silent = false;
  };
  Store(sql::Database database, Statements statements, HostKeys keys, HostFactsStore facts,
        StoreLimits limits)
      : turn_(std::make_unique<sql::Turns>(database.dialect())),
        database_(std::move(database)),
        statements_(std::move(statements)),
        keys_(std::move(keys)),
        facts_(std::move(facts)),
        limits_(limits) {}
  static Result<Statements> prepare(sql::Database& database);
  Result<std::vector<Result<Admission>>> add_together(std::span<const Incoming> reports);
  Result<Admission> take(const Incoming& incoming);
  Result<std::optional<Known>> known_of(std::string_view host_id);
  Result<void> touch_host(const HostReport& report, std::string_view text, std::string_view now);
  Result<void> put_host(const HostReport& report, std::string_view text, std::string_view now);
  Result<void> put_cves(const HostReport& report);
  Result<void> put_report(const HostReport& report, std::string_view text, std::string_view now);

  std::unique_ptr<sql::Turns> turn_;
  sql::Database database_;
  Statements statements_;
  HostKeys keys_;
  HostFactsStore facts_;
  StoreLimits limits_;
  std::unique_ptr<Checkpointer> checkpointer_{};  ///< null: the database has no log of SQLite's
};

/// Whether two texts of reports, as the store writes them, differ in nothing but the host's uptime and the
/// time of its check.
bool says_the_same(std::string_view report, std::string_view other);

/// "2026-11-24T10:00:00Z".
std::string rfc3339(Store::Time time);

}  // namespace suture::server
