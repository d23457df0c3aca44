// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/silence.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/time.h"
#include "server/fleet/events.h"
#include "server/fleet/fleet_marks.h"

namespace suture::server {
namespace {

constexpr const char* kLooked = "silence.looked";    // when a server looked last
constexpr const char* kBegan = "silence.began";      // since when servers have looked without a gap
constexpr const char* kReached = "silence.reached";  // hosts heard of before this have been gone through

constexpr const char* kSilent = R"sql(
  SELECT hosts.host_id, hosts.received_at, hostname
  FROM hosts CROSS JOIN host_facts
  WHERE hosts.received_at >= ?1 AND hosts.received_at < ?2
    AND host_facts.host_id = hosts.host_id AND silent = 0
  ORDER BY hosts.received_at, hosts.host_id LIMIT ?3
)sql";

struct SilentHost {
  std::string host_id;
  std::string heard_at;
  std::string hostname;
};

std::string text_of(SystemTime time) {
  return time_text(std::chrono::floor<std::chrono::seconds>(time));
}

/// Since when there has been somebody to report to.
Result<std::string> listening_since(sql::Database& database, const SilenceRules& rules, SystemTime now) {
  const auto looked = TRY(mark_of(database, kLooked));
  const auto began = TRY(mark_of(database, kBegan));
  TRY(set_mark(database, kLooked, text_of(now)));
  // Also after a clock that was set back.
  const bool gap = !looked || *looked < text_of(now - rules.gap) || *looked > text_of(now + rules.gap);
  if (began && !gap) return *began;
  TRY(set_mark(database, kBegan, text_of(now)));
  return text_of(now);
}

Result<std::vector<SilentHost>> silent_hosts(sql::Database& database, std::string_view from,
                                             std::string_view until, std::int64_t most) {
  auto rows = TRY(database.prepare(kSilent));
  rows.bind(1, from).bind(2, until).bind(3, most);
  std::vector<SilentHost> hosts;
  while (TRY(rows.step())) hosts.push_back({rows.text(0), rows.text(1), rows.text(2)});
  return hosts;
}

}  // namespace

Result<std::int64_t> tell_silent(sql::Database& database, const SilenceRules& rules, SystemTime now,
                                 std::int64_t most) {
  TRY(database.hold("silence"));
  const std::string since = TRY(listening_since(database, rules, now));
  if (since > text_of(now - rules.after / 2)) return 0;
  const std::string until = text_of(now - rules.after);
  // What was told once is marked, so a mark that is behind costs time only; one ahead would hide hosts.
  const std::string reached = std::min(TRY(mark_of(database, kReached)).value_or(""), until);
  const auto hosts = TRY(silent_hosts(database, reached, until, most));
  auto note = TRY(database.prepare("UPDATE host_facts SET silent = 1 WHERE host_id = ?1"));
  for (const SilentHost& host : hosts) {
    TRY(note.bind(1, host.host_id).run());
    TRY(append_event(database,
                     {.kind = "host.silent",
                      .host_id = host.host_id,
                      .subject = host.hostname,
                      .text = fmt::format("nothing was heard of it since {}", host.heard_at),
                      .severity = Severity::kWarning},
                     text_of(now)));
  }
  const auto count = static_cast<std::int64_t>(hosts.size());
  TRY(set_mark(database, kReached, count == most ? hosts.back().heard_at : until));
  return count;
}

}  // namespace suture::server
