// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "base/json.h"
#include "base/time.h"
#include "server/schema.h"

namespace suture::server {
namespace {

constexpr const char* kPutHost = R"sql(
  INSERT INTO hosts (host_id, state, level, release, first_seen_at, received_at, report)
  VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)
  ON CONFLICT (host_id) DO UPDATE SET state = ?2, level = ?3, release = ?4, received_at = ?5, report = ?6
)sql";
// One without facts counts as silent: they are to be written.
constexpr const char* kKnown = R"sql(
  SELECT report, coalesce(silent, 1) FROM hosts LEFT JOIN host_facts ON host_facts.host_id = hosts.host_id
  WHERE hosts.host_id = ?1
)sql";
constexpr const char* kTouchHost = "UPDATE hosts SET received_at = ?2, report = ?3 WHERE host_id = ?1";

// The id of the newest report that has fallen out of the host's window; none has, with too few reports.
constexpr const char* kDropOldReports = R"sql(
  DELETE FROM reports WHERE host_id = ?1 AND id <=
    (SELECT id FROM reports WHERE host_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
)sql";

constexpr const char* kHost = R"sql(
  SELECT first_seen_at, received_at, report, key IS NOT NULL FROM hosts LEFT JOIN host_keys USING (host_id)
  WHERE host_id = ?1
)sql";

constexpr const char* kReports = R"sql(
  SELECT id, received_at, report FROM reports WHERE host_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3
)sql";

Result<std::vector<Count>> read_counts(sql::Statement& statement) {
  sql::ResetOnExit reset_on_exit(statement);
  std::vector<Count> counts;
  while (TRY(statement.step())) counts.push_back({statement.text(0), statement.number(1)});
  return counts;
}

ReportRecord read_report(const sql::Statement& row) {
  return {row.number(0), row.text(1), row.text(2)};
}

}  // namespace

bool says_the_same(std::string_view report, std::string_view other) {
  // Both begin with the two that do not count (patchset/report_text.cc); the first that counts is this. A
  // bare quote ends a text of JSON, so none has it within.
  constexpr std::string_view kRest = R"(,"agent":)";
  const auto rest = report.find(kRest);
  const auto other_rest = other.find(kRest);
  return rest != report.npos && other_rest != other.npos && report.starts_with(R"({"checked_at":)") &&
         other.starts_with(R"({"checked_at":)") && report.substr(rest) == other.substr(other_rest);
}

std::string rfc3339(Store::Time time) {
  return time_text(std::chrono::floor<std::chrono::seconds>(time));
}

Result<Store> Store::open(const FleetDatabase& where, StoreLimits limits) {
  auto database = TRY(where.open(limits.database_pages));
  if (!where.is_shared()) TRY_IN(where.text(), HostFactsStore::fill(database));
  auto statements = TRY(prepare(database));
  auto keys = TRY(HostKeys::prepare(database));
  auto facts = TRY(HostFactsStore::prepare(database));
  std::unique_ptr<Checkpointer> checkpointer;
  if (!where.is_shared() && where.file() != ":memory:") {
    checkpointer = TRY(Checkpointer::start(where.file(), database));
  }
  Store store(std::move(database), std::move(statements), std::move(keys), std::move(facts), limits);
  store.checkpointer_ = std::move(checkpointer);
  return store;
}

Result<Store::Statements> Store::prepare(sql::Database& database) {
  return Statements{
      .known = TRY(database.prepare(kKnown)),
      .put_host = TRY(database.prepare(kPutHost)),
      .touch_host = TRY(database.prepare(kTouchHost)),
      .drop_cves = TRY(database.prepare("DELETE FROM host_cves WHERE host_id = ?1")),
      .put_cve = TRY(database.prepare("INSERT INTO host_cves (cve, host_id) VALUES (?1, ?2)")),
      .put_report =
          TRY(database.prepare("INSERT INTO reports (host_id, received_at, report) VALUES (?1, ?2, ?3)")),
      .drop_old_reports = TRY(database.prepare(kDropOldReports)),
      .host = TRY(database.prepare(kHost)),
      .reports = TRY(database.prepare(kReports)),
      .by_state = TRY(database.prepare("SELECT state, count(*) FROM hosts GROUP BY state ORDER BY state")),
      .by_level = TRY(database.prepare("SELECT level, count(*) FROM hosts GROUP BY level ORDER BY level")),
      .by_release =
          TRY(database.prepare("SELECT release, count(*) FROM hosts GROUP BY release ORDER BY release")),
      .ping = TRY(database.prepare("SELECT 1 FROM hosts LIMIT 1")),
  };
}

std::vector<Result<Admission>> Store::add_all(std::span<const Incoming> reports) {
  const std::lock_guard lock(*turn_);
  auto together = add_together(reports);
  if (together) return *std::move(together);
  if (reports.size() == 1) return {std::unexpected(std::move(together).error())};
  // It may be one report's fault: each alone, then. Where two fail, it is the database's, and it is not asked
  // again for each of the others.
  std::vector<Result<Admission>> results;
  int failures = 0;
  for (std::size_t i = 0; i < reports.size(); ++i) {
    if (failures == 2) {
      results.push_back(results.back());
      continue;
    }
    auto alone = add_together(reports.subspan(i, 1));
    if (alone) {
      results.push_back(std::move(alone->front()));
    } else {
      results.emplace_back(std::unexpected(std::move(alone).error()));
      failures++;
    }
  }
  return results;
}

Result<Admission> Store::add(const HostReport& report, Time now, const Signer* signer) {
  const Incoming incoming{report, signer == nullptr ? std::nullopt : std::optional(*signer), now};
  return add_all({&incoming, 1}).front();
}

Result<std::vector<Result<Admission>>> Store::add_together(std::span<const Incoming> reports) {
  // Servers that share a database lock hosts in one order, and never wait for each other in a circle.
  std::vector<std::size_t> order(reports.size());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::stable_sort(
      order, {}, [&](std::size_t i) -> auto& { return reports[i].report.host_id; });
  std::vector<Result<Admission>> results(reports.size(), Admission::kTaken);
  auto transaction = TRY(sql::Transaction::begin(database_, sql::Turn::kByRows));
  for (const std::size_t i : order) results[i] = TRY(take(reports[i]));
  TRY(transaction.commit());
  if (checkpointer_) checkpointer_->noted();
  return results;
}

/// What is refused writes nothing, since the transaction is not its own.
Result<Admission> Store::take(const Incoming& incoming) {
  const HostReport& report = incoming.report;
  const std::string text = report_text(report);
  const std::string now = rfc3339(incoming.at);
  const Signer* const signer = incoming.signer ? &*incoming.signer : nullptr;
  // Reports that are signed wait for each other at the host's key. Servers that share a database must not put
  // together a host of two reports.
  if (signer == nullptr) TRY(database_.hold(report.host_id));
  const Admission admission = TRY(keys_.admit(database_, report, signer, now));
  if (admission != Admission::kTaken && admission != Admission::kFirst) return admission;
  const auto known = TRY(known_of(report.host_id));
  const bool same = known && says_the_same(known->report, text);
  TRY(same ? touch_host(report, text, now) : put_host(report, text, now));
  // A key refers to its host.
  if (admission == Admission::kFirst) TRY(keys_.enter(database_, report, *signer, now));
  if (!same || known->silent) TRY(facts_.note(database_, report, now));
  if (same) return Admission::kTaken;
  TRY(put_cves(report));
  TRY(put_report(report, text, now));
  return Admission::kTaken;
}

Result<std::optional<Store::Known>> Store::known_of(std::string_view host_id) {
  sql::ResetOnExit reset_on_exit(statements_.known);
  statements_.known.bind(1, host_id);
  if (!TRY(statements_.known.step())) return std::nullopt;
  return Known{statements_.known.text(0), statements_.known.number(1) != 0};
}

Result<void> Store::touch_host(const HostReport& report, std::string_view text, std::string_view now) {
  return statements_.touch_host.bind(1, report.host_id).bind(2, now).bind(3, text).run();
}

Result<void> Store::put_host(const HostReport& report, std::string_view text, std::string_view now) {
  return statements_.put_host.bind(1, report.host_id)
      .bind(2, name_of(report.state))
      .bind(3, report.level)
      .bind(4, report.release)
      .bind(5, now)
      .bind(6, text)
      .run();
}

Result<void> Store::put_cves(const HostReport& report) {
  TRY(statements_.drop_cves.bind(1, report.host_id).run());
  // A set: a report may name a CVE twice.
  for (const auto& cve : std::set(report.cves.begin(), report.cves.end())) {
    TRY(statements_.put_cve.bind(1, cve).bind(2, report.host_id).run());
  }
  return {};
}

Result<void> Store::put_report(const HostReport& report, std::string_view text, std::string_view now) {
  TRY(statements_.put_report.bind(1, report.host_id).bind(2, now).bind(3, text).run());
  return statements_.drop_old_reports.bind(1, report.host_id).bind(2, limits_.reports_per_host).run();
}

Result<Page<HostRecord>> Store::hosts(const HostQuery& query) {
  const std::lock_guard lock(*turn_);
  return find_hosts(database_, query);
}

Result<std::optional<HostRecord>> Store::host(std::string_view host_id) {
  const std::lock_guard lock(*turn_);
  sql::ResetOnExit reset_on_exit(statements_.host);
  statements_.host.bind(1, host_id);
  if (!TRY(statements_.host.step())) return std::nullopt;
  return read_host(statements_.host);
}

Result<Page<ReportRecord>> Store::reports(std::string_view host_id, std::int64_t before,
                                          std::uint32_t limit) {
  const std::lock_guard lock(*turn_);
  sql::Statement& statement = statements_.reports;
  sql::ResetOnExit reset_on_exit(statement);
  statement.bind(1, host_id).bind(2, before).bind(3, std::int64_t{limit} + 1);
  return read_page<ReportRecord>(statement, limit, read_report);
}

Result<FleetSummary> Store::summary() {
  const std::lock_guard lock(*turn_);
  FleetSummary summary;
  summary.by_state = TRY(read_counts(statements_.by_state));
  summary.by_level = TRY(read_counts(statements_.by_level));
  summary.by_release = TRY(read_counts(statements_.by_release));
  for (const Count& count : summary.by_state) summary.hosts += count.hosts;
  return summary;
}

Result<std::optional<HostKeyRecord>> Store::host_key(std::string_view host_id) {
  const std::lock_guard lock(*turn_);
  return keys_.find(host_id);
}

Result<std::vector<std::string>> Store::others_with_key(std::string_view key, std::string_view host_id) {
  const std::lock_guard lock(*turn_);
  return keys_.others_with(key, host_id);
}

Result<bool> Store::forget_host_key(std::string_view host_id) {
  const std::lock_guard lock(*turn_);
  return keys_.forget(database_, host_id);
}

Result<void> Store::check() {
  const std::lock_guard lock(*turn_);
  return statements_.ping.run();
}

}  // namespace suture::server
