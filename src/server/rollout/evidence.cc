// SPDX-License-Identifier: Apache-2.0
#include "server/rollout/evidence.h"

#include <algorithm>
#include <array>

namespace suture::server {
namespace {

constexpr std::int64_t kHostsAtOnce = 500;
constexpr std::uint32_t kReportsBack = 20;

constexpr std::array<std::string_view, 2> kStallCodes{"engine.transition-stalled", "engine.transition-stuck"};
/// A level that was taken back by itself, since the host was not well with it.
constexpr std::string_view kBadSign = "agent.bad-sign";

struct SeenHost {
  std::string id{};
  HostFacts facts{};
  Time received{};
  std::string report{};
};

/// Those of a channel, in the order of their ids.
Result<std::vector<SeenHost>> read_hosts(Store& fleet, const std::string& channel, const std::string& after) {
  return fleet.read([&](sql::Database& database) -> Result<std::vector<SeenHost>> {
    auto row = TRY(
        database.prepare("SELECT f.host_id, f.build_id, f.level, f.state, f.error, h.received_at, h.report"
                         " FROM host_facts f JOIN hosts h ON h.host_id = f.host_id"
                         " WHERE f.channel = ?1 AND f.host_id > ?2 ORDER BY f.host_id LIMIT ?3"));
    row.bind(1, channel).bind(2, after).bind(3, kHostsAtOnce);
    std::vector<SeenHost> hosts;
    while (TRY(row.step())) {
      const auto state = host_state_from_name(row.text(3));
      const auto received = parse_time(row.text(5));
      if (!state || !received) {
        return fail("store.unavailable", "read a stored host", "its state or its time is none");
      }
      hosts.push_back({.id = row.text(0),
                       .facts = {.build_id = row.text(1),
                                 .level = static_cast<std::uint32_t>(row.number(2)),
                                 .state = *state,
                                 .error = row.text(4)},
                       .received = *received,
                       .report = row.text(6)});
    }
    return hosts;
  });
}

/// Goes through the fleet once.
class Gathering {
 public:
  Gathering(Store& fleet, const Rollout& rollout, const TargetLevels& levels, const Membership& member,
            Time now)
      : fleet_(fleet), rollout_(rollout), levels_(levels), member_(member), now_(now) {
    watched_ = watched_wave(rollout);
    if (rollout.begun.size() < rollout.course.waves.size())
      next_ = &rollout.course.waves[rollout.begun.size()];
  }

  Result<void> take(const SeenHost& host) {
    const auto target = levels_.find(host.facts.build_id);
    if (target == levels_.end() || host.facts.state == HostState::kUnsupported) return {};
    const std::uint32_t number = host_number(rollout_.id, host.id);
    if (next_ != nullptr && now_ - host.received < next_->gates.silent_after &&
        is_selected(next_->hosts, UINT64_MAX, number, host.id, member_)) {
      evidence_.numbers.push_back(number);
    }
    return watched_ ? count(host, number, target->second.level) : Result<void>();
  }

  Evidence result() { return std::move(evidence_); }

 private:
  Result<void> count(const SeenHost& host, std::uint32_t number, std::uint32_t level) {
    const BegunWave& begun = rollout_.begun[*watched_];
    const Wave& wave = rollout_.course.waves[*watched_];
    const Time received = host.received;
    const bool in = rollout_.urgent || is_selected(wave.hosts, begun.threshold, number, host.id, member_);
    // One that was silent before is not the patch's business.
    if (!in || received < begun.began_at - wave.gates.silent_after) return {};
    WaveCounts& counts = evidence_.counts;
    ++counts.hosts;
    if (now_ - std::max(received, begun.began_at) > wave.gates.silent_after) ++counts.silent;
    if (received < begun.began_at) return {};
    ++counts.reporting;
    switch (TRY(judged(host, begun.began_at, level))) {
      case Outcome::kApplied:
        ++counts.applied;
        break;
      case Outcome::kFailed:
        ++counts.failed;
        break;
      case Outcome::kStalled:
        ++counts.stalled;
        break;
      case Outcome::kReverted:
        ++counts.reverted;
        break;
      case Outcome::kCrashed:
        ++counts.crashed;
        break;
      case Outcome::kPending:
      case Outcome::kUnsupported:
        break;
    }
    return {};
  }

  /// A machine that went down and came back without the level does not always know why.
  Result<Outcome> judged(const SeenHost& host, Time began, std::uint32_t level) {
    const Outcome first = outcome_of(host.facts, level);
    const bool certain = first != Outcome::kPending && first != Outcome::kFailed;
    // Most have it, and are not read whole for that. No other text in a report looks like this.
    if (certain && host.report.find("\"transition\":true") == std::string::npos) return first;
    const auto report = parse_host_report(host.report);
    if (!report) return first;
    const Outcome outcome = outcome_of(*report, level);
    if (outcome != Outcome::kPending && outcome != Outcome::kFailed) return outcome;
    if (!may_have_crashed(*report, level, host.received, began)) return outcome;
    for (const ReportRecord& record : TRY(fleet_.reports(host.id, INT64_MAX, kReportsBack)).items) {
      const auto at = parse_time(record.received_at);
      if (!at || *at < began) break;
      const auto earlier = parse_host_report(record.report);
      if (earlier && had_in_another_boot(*report, *earlier, level)) return Outcome::kCrashed;
    }
    return outcome;
  }

  Store& fleet_;
  const Rollout& rollout_;
  const TargetLevels& levels_;
  const Membership& member_;
  Time now_;
  std::optional<std::size_t> watched_{};
  const Wave* next_ = nullptr;
  Evidence evidence_{};
};

}  // namespace

std::optional<std::size_t> watched_wave(const Rollout& rollout) {
  if (rollout.begun.empty()) return std::nullopt;
  return rollout.begun.size() - 1;
}

Outcome outcome_of(const HostFacts& host, std::uint32_t level) {
  if (host.state == HostState::kUnsupported) return Outcome::kUnsupported;
  if (tells_of_crash(host.error)) return Outcome::kCrashed;
  if (host.state == HostState::kReverted || host.error == kBadSign) return Outcome::kReverted;
  if (host.level >= level) return Outcome::kApplied;
  if (std::ranges::find(kStallCodes, host.error) != kStallCodes.end()) return Outcome::kStalled;
  return host.state == HostState::kFailed ? Outcome::kFailed : Outcome::kPending;
}

Outcome outcome_of(const HostReport& report, std::uint32_t level) {
  const Outcome outcome = outcome_of(facts_of(report), level);
  if (outcome == Outcome::kApplied && report.transition && report.level == level) return Outcome::kPending;
  const bool harmed = std::ranges::find(report.quarantined, level) != report.quarantined.end();
  return harmed && outcome == Outcome::kPending ? Outcome::kReverted : outcome;
}

bool may_have_crashed(const HostReport& report, std::uint32_t level, Time received_at, Time began) {
  return report.level < level && report.uptime_seconds < static_cast<std::uint64_t>(std::max<std::int64_t>(
                                                             0, (received_at - began).count()));
}

bool had_in_another_boot(const HostReport& report, const HostReport& earlier, std::uint32_t level) {
  return earlier.level >= level && earlier.boot_id != report.boot_id;
}

Result<Evidence> gather_evidence(Store& fleet, const Rollout& rollout, const TargetLevels& levels,
                                 const Membership& member, Time now) {
  Gathering gathering(fleet, rollout, levels, member, now);
  std::string after;
  for (;;) {
    const auto hosts = TRY(read_hosts(fleet, rollout.channel, after));
    if (hosts.empty()) return gathering.result();
    for (const SeenHost& host : hosts) TRY(gathering.take(host));
    after = hosts.back().id;
  }
}

}  // namespace suture::server
