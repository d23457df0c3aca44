// SPDX-License-Identifier: Apache-2.0
#include "server/notify/fleet_gauges.h"

#include "server/fleet/kinds.h"
#include "server/notify/rollout_gauges.h"

namespace suture::server {
namespace {

using Kind = MetricsText::Kind;

/// Rows of two names and a number, the largest first. The second name is only told where `second` says how.
Result<void> add_counts(MetricsText& text, sql::Statement& statement, std::string_view first,
                        std::string_view second = {}) {
  sql::ResetOnExit reset_on_exit(statement);
  std::size_t told = 0;
  std::int64_t others = 0;
  while (TRY(statement.step())) {
    const std::int64_t hosts = statement.number(2);
    if (told++ >= kMostSeries) {
      others += hosts;
    } else if (second.empty()) {
      text.sample(hosts, {{first, statement.text(0)}});
    } else {
      text.sample(hosts, {{first, statement.text(0)}, {second, statement.text(1)}});
    }
  }
  if (others > 0 && second.empty()) text.sample(others, {{first, "other"}});
  if (others > 0 && !second.empty()) text.sample(others, {{first, "other"}, {second, "other"}});
  return {};
}

Result<std::int64_t> number_of(sql::Statement& statement) {
  sql::ResetOnExit reset_on_exit(statement);
  TRY(statement.step());
  return statement.number(0);
}

constexpr const char* kByState =
    "SELECT state, '', count(*) AS hosts FROM hosts GROUP BY state ORDER BY hosts DESC, state";
constexpr const char* kByLevel =
    "SELECT level, '', count(*) AS hosts FROM hosts GROUP BY level ORDER BY hosts DESC, level";
constexpr const char* kByRelease =
    "SELECT release, level, count(*) AS hosts FROM host_facts GROUP BY release, level "
    "ORDER BY hosts DESC, release, level";

}  // namespace

Result<FleetGauges> FleetGauges::open(const FleetDatabase& where, StoreLimits limits) {
  auto database = TRY(where.open(limits.database_pages));
  auto statements = TRY(prepare(database));
  return FleetGauges(std::move(database), std::move(statements));
}

Result<FleetGauges::Statements> FleetGauges::prepare(sql::Database& database) {
  return Statements{
      .by_state = TRY(database.prepare(kByState)),
      .by_level = TRY(database.prepare(kByLevel)),
      .by_release = TRY(database.prepare(kByRelease)),
      .silent = TRY(database.prepare("SELECT count(*) FROM host_facts WHERE silent = 1")),
      .audit = TRY(database.prepare("SELECT coalesce(max(number), 0) FROM audit_log")),
      .outbox = TRY(database.prepare("SELECT count(*) FROM notification_outbox WHERE state = ?1")),
  };
}

Result<std::string> FleetGauges::text(Store::Time now, const Knowledge& knowledge) {
  const std::lock_guard lock(*turn_);
  // Also when the clock went back.
  const bool fresh = !text_.empty() && now >= read_at_ && now - read_at_ < kGaugesAge;
  if (!fresh) {
    text_ = TRY(read(now, knowledge));
    read_at_ = now;
  }
  return text_;
}

Result<std::string> FleetGauges::read(Store::Time now, const Knowledge& knowledge) {
  MetricsText text;
  text.one("suture_fleet_counted_timestamp_seconds", "When the hosts were counted.",
           std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
  text.metric("suture_fleet_hosts", "Hosts by the state that they reported last.");
  TRY(add_counts(text, statements_.by_state, "state"));
  text.metric("suture_fleet_exposure_hosts", "Hosts that are safe, exposed, or of which that is unknown.");
  const auto exposures = count_exposures(knowledge, TRY(count_kinds(database_)));
  for (const Exposure one : {Exposure::kSafe, Exposure::kExposed, Exposure::kUnknown}) {
    text.sample(exposures.at(static_cast<std::size_t>(one)), {{"exposure", name_of(one)}});
  }
  text.metric("suture_fleet_level_hosts", "Hosts by the level of their live patch; 0: none.");
  TRY(add_counts(text, statements_.by_level, "level"));
  text.metric("suture_fleet_release_hosts", "Hosts by the release of their kernel and their level.");
  TRY(add_counts(text, statements_.by_release, "release", "level"));
  text.one("suture_fleet_silent_hosts", "Hosts that have not reported for longer than they should.",
           TRY(number_of(statements_.silent)));
  TRY(add_rollout_gauges(text, database_));
  text.counter("suture_fleet_audit_entries_total", "Entries of the audit log.",
               TRY(number_of(statements_.audit)));
  text.one("suture_fleet_notifications_waiting", "Messages that are still to be delivered.",
           TRY(number_of(statements_.outbox.bind(1, "waiting"))));
  text.one("suture_fleet_notifications_dead", "Messages that were given up.",
           TRY(number_of(statements_.outbox.bind(1, "dead"))));
  return text.take();
}

}  // namespace suture::server
