// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/history.h"

#include "base/time.h"

namespace suture::server {
namespace {

using SystemTime = std::chrono::system_clock::time_point;
constexpr std::int64_t kHourlyDays = 7;

std::string hour_text(SystemTime time) {
  return time_text(std::chrono::floor<std::chrono::hours>(time));
}

HistoryRow row_of(const Knowledge& knowledge, const std::vector<CountedKind>& kinds, std::string time) {
  const ExposureCounts exposures = count_exposures(knowledge, kinds);
  HistoryRow row{
      .time = std::move(time), .safe = exposures[0], .exposed = exposures[1], .unknown = exposures[2]};
  for (const CountedKind& each : kinds) {
    row.hosts += each.hosts;
    if (each.kind.silent) row.silent += each.hosts;
    if (each.kind.state == HostState::kFailed) row.failed += each.hosts;
  }
  return row;
}

}  // namespace

Result<void> keep_history(sql::Database& database, const Knowledge& knowledge, SystemTime now) {
  const std::string hour = hour_text(now);
  {
    auto known = TRY(database.prepare("SELECT 1 FROM history WHERE time = ?1"));
    if (TRY(known.bind(1, hour).step())) return {};
  }
  TRY(database.hold("history"));
  const HistoryRow row = row_of(knowledge, TRY(count_kinds(database)), hour);
  auto put = TRY(database.prepare(R"sql(
    INSERT INTO history (time, hosts, safe, exposed, unknown, silent, failed)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (time) DO NOTHING
  )sql"));
  TRY(put.bind(1, row.time)
          .bind(2, row.hosts)
          .bind(3, row.safe)
          .bind(4, row.exposed)
          .bind(5, row.unknown)
          .bind(6, row.silent)
          .bind(7, row.failed)
          .run());
  auto drop = TRY(database.prepare("DELETE FROM history WHERE time < ?1"));
  const std::string oldest = hour_text(now - std::chrono::days(kMostHistoryDays));
  return drop.bind(1, oldest).run();
}

Result<std::vector<HistoryRow>> history_of(sql::Database& database, std::int64_t days, SystemTime now) {
  auto rows =
      TRY(database.prepare("SELECT time, hosts, safe, exposed, unknown, silent, failed FROM history WHERE "
                           "time > ?1 ORDER BY time"));
  const std::string from = hour_text(now - std::chrono::days(days));
  rows.bind(1, from);
  std::vector<HistoryRow> history;
  while (TRY(rows.step())) {
    HistoryRow row{.time = rows.text(0),
                   .hosts = rows.number(1),
                   .safe = rows.number(2),
                   .exposed = rows.number(3),
                   .unknown = rows.number(4),
                   .silent = rows.number(5),
                   .failed = rows.number(6)};
    constexpr std::size_t kDay = 10;  // of "2026-11-24T10:00:00Z"
    const bool same_day = !history.empty() && history.back().time.compare(0, kDay, row.time, 0, kDay) == 0;
    if (days > kHourlyDays && same_day) history.pop_back();
    history.push_back(std::move(row));
  }
  return history;
}

}  // namespace suture::server
