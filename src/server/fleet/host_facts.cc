// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/host_facts.h"

#include <fmt/format.h>

#include <vector>

#include "server/fleet/events.h"
#include "server/fleet/groups.h"

namespace suture::server {
namespace {

constexpr const char* kFind = R"sql(
  SELECT hostname, release, build_id, channel, level, state, silent, boot_id, error
  FROM host_facts WHERE host_id = ?1
)sql";
constexpr const char* kPut = R"sql(
  INSERT INTO host_facts (host_id, hostname, release, build_id, channel, level, state, silent, boot_id, error)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
  ON CONFLICT (host_id) DO UPDATE SET
    hostname = excluded.hostname, release = excluded.release, build_id = excluded.build_id,
    channel = excluded.channel, level = excluded.level, state = excluded.state, silent = excluded.silent,
    boot_id = excluded.boot_id, error = excluded.error
)sql";
constexpr const char* kWithoutFacts = R"sql(
  SELECT hosts.host_id, report FROM hosts LEFT JOIN host_facts ON host_facts.host_id = hosts.host_id
  WHERE hosts.host_id > ?1 AND host_facts.host_id IS NULL ORDER BY hosts.host_id LIMIT ?2
)sql";
constexpr std::int64_t kFilledAtATime = 1000;

std::string standing_text(const HostFacts& facts) {
  return fmt::format("{}, level {}", name_of(facts.state), facts.level);
}

Severity severity_of(HostState state) {
  return state == HostState::kFailed || state == HostState::kReverted ? Severity::kWarning : Severity::kInfo;
}

/// What a report tells that the one before did not.
std::vector<NewEvent> events_of(const HostReport& report, const std::optional<HostFacts>& before,
                                const HostFacts& now) {
  std::vector<NewEvent> events;
  const auto tell = [&](const char* kind, std::string text, Severity severity = Severity::kInfo) {
    events.push_back({kind, report.host_id, report.hostname, std::move(text), severity});
  };
  if (!before) tell("host.new", "reports for the first time: " + standing_text(now));
  if (before && before->silent) tell("host.back", "reports again: " + standing_text(now));
  const bool told = before && before->error == now.error && before->boot_id == now.boot_id;
  if (tells_of_crash(now.error) && !told) {
    tell("host.crashed", report.error->message, Severity::kCritical);
  }
  if (before && (before->state != now.state || before->level != now.level)) {
    std::string text = fmt::format("{}; before: {}", standing_text(now), standing_text(*before));
    if (report.error) text += fmt::format("; {}: {}", report.error->code, report.error->message);
    tell("host.state", std::move(text), severity_of(now.state));
  }
  return events;
}

}  // namespace

bool tells_of_crash(std::string_view error) {
  return error == "agent.quarantined" || error == "agent.went-down";
}

HostFacts facts_of(const HostReport& report) {
  return {.hostname = report.hostname,
          .release = report.release,
          .build_id = report.build_id,
          .channel = report.channel,
          .level = report.level,
          .state = report.state,
          .boot_id = report.boot_id,
          .error = report.error ? report.error->code : ""};
}

Result<HostFactsStore> HostFactsStore::prepare(sql::Database& database) {
  return HostFactsStore(Statements{.find = TRY(database.prepare(kFind)), .put = TRY(database.prepare(kPut))});
}

Result<std::optional<HostFacts>> HostFactsStore::find(std::string_view host_id) {
  sql::Statement& row = statements_.find;
  sql::ResetOnExit reset_on_exit(row);
  row.bind(1, host_id);
  if (!TRY(row.step())) return std::nullopt;
  const auto state = host_state_from_name(row.text(5));
  return HostFacts{.hostname = row.text(0),
                   .release = row.text(1),
                   .build_id = row.text(2),
                   .channel = row.text(3),
                   .level = static_cast<std::uint32_t>(row.number(4)),
                   .state = state.value_or(HostState::kUnsupported),
                   .silent = row.number(6) != 0,
                   .boot_id = row.text(7),
                   .error = row.text(8)};
}

Result<void> HostFactsStore::put(std::string_view host_id, const HostFacts& facts) {
  return statements_.put.bind(1, host_id)
      .bind(2, facts.hostname)
      .bind(3, facts.release)
      .bind(4, facts.build_id)
      .bind(5, facts.channel)
      .bind(6, facts.level)
      .bind(7, name_of(facts.state))
      .bind(8, facts.silent ? 1 : 0)
      .bind(9, facts.boot_id)
      .bind(10, facts.error)
      .run();
}

Result<void> HostFactsStore::note(sql::Database& database, const HostReport& report, std::string_view now) {
  const auto before = TRY(find(report.host_id));
  const HostFacts facts = facts_of(report);
  if (before == facts) return {};
  TRY(put(report.host_id, facts));
  for (const NewEvent& event : events_of(report, before, facts)) TRY(append_event(database, event, now));
  const bool other = !before || before->hostname != facts.hostname || before->release != facts.release ||
                     before->build_id != facts.build_id;
  if (other) TRY(regroup_host(database, report.host_id));
  return {};
}

Result<void> HostFactsStore::fill(sql::Database& database) {
  auto facts = TRY(HostFactsStore::prepare(database));
  auto rows = TRY(database.prepare(kWithoutFacts));
  std::string last;
  for (bool more = true; more;) {
    std::vector<std::pair<std::string, std::string>> batch;
    {
      sql::ResetOnExit reset_on_exit(rows);
      rows.bind(1, last).bind(2, kFilledAtATime);
      while (TRY(rows.step())) batch.emplace_back(rows.text(0), rows.text(1));
    }
    more = !batch.empty();
    if (more) last = batch.back().first;
    auto transaction = TRY(sql::Transaction::begin(database));
    for (const auto& [host_id, text] : batch) {
      // One that somebody has edited stays without, until its host reports.
      if (const auto report = parse_host_report(text)) TRY(facts.put(host_id, facts_of(*report)));
    }
    TRY(transaction.commit());
  }
  return {};
}

}  // namespace suture::server
