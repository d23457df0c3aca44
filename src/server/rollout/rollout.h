// SPDX-License-Identifier: Apache-2.0
//
// A rollout brings what the repository has for a channel to its hosts, in waves: some of the hosts first, and
// the next ones only when the wave before went well. These are its values; docs/rollouts.md tells people what
// they mean.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace suture::server {

/// Hundredths of a percent: 10000 is all.
using Share = std::uint32_t;
inline constexpr Share kAll = 10'000;

/// Whom a wave is for: hosts that all of these hold for.
struct Selector {
  Share share = kAll;  ///< of the hosts that the rollout is about, and that are in the group and have the tag
  std::string group{};  ///< empty: whatever group
  std::string tag{};    ///< empty: whatever tags
  bool operator==(const Selector&) const = default;
};

/// A question to something outside: Prometheus by an instant query, or a program that answers for itself.
struct MetricGate {
  std::string name{};
  std::string url{};      ///< of the Prometheus server, or the webhook
  std::string query{};    ///< PromQL; empty: a webhook
  std::string compare{};  ///< "<", "<=", ">", ">=", "==", "!=": what must hold between value and threshold
  double threshold = 0;
  bool operator==(const MetricGate&) const = default;
};

/// What must hold before the next wave begins. Nothing: that is not looked at.
struct Gates {
  std::uint32_t min_reports = 1;  ///< hosts that must have reported; of a smaller wave, all
  Share min_reporting = 5'000;    ///< of the wave's hosts
  Share min_applied = 9'000;      ///< of those that reported
  std::optional<Share> max_failed = 500;
  std::optional<Share> max_stalled = 1'000;
  std::optional<Share> max_reverted = 500;
  std::optional<Share> max_silent = 1'000;  ///< of the wave's hosts
  std::optional<Share> max_crashed = 0;
  std::chrono::seconds silent_after = std::chrono::hours(9);
  std::vector<MetricGate> metrics{};
  bool operator==(const Gates&) const = default;
};

/// Who must agree before something happens.
struct Approvals {
  std::uint32_t count = 0;
  std::vector<std::string> from{};  ///< names; empty: whoever may approve at all
  bool own = false;                 ///< whoever made the rollout counts, too
  bool operator==(const Approvals&) const = default;
};

struct Wave {
  Selector hosts{};
  std::chrono::seconds soak = std::chrono::hours(4);       ///< for which the gates are watched once they hold
  std::chrono::seconds deadline = std::chrono::hours(72);  ///< by which they must hold, from the beginning
  Gates gates{};
  Approvals approvals{};
  bool operator==(const Wave&) const = default;
};

/// How a rollout goes.
struct Course {
  std::vector<Wave> waves{};
  bool revert_on_failure = false;  ///< a gate that fails takes the rollout back, too
  Approvals urgent{};              ///< before it may go to everybody at once
  bool operator==(const Course&) const = default;
};

/// A course with a name, for rollouts of a channel to come.
struct Policy {
  std::string name{};
  std::string channel{};
  bool automatic = false;  ///< begins by itself when the repository has a new level
  std::chrono::seconds settle = std::chrono::minutes(5);  ///< for which the repository must not change first
  Course course{};
  bool operator==(const Policy&) const = default;
};

enum class RolloutState {
  kWaiting,    ///< for approvals, or for the first wave to begin, which takes a second
  kRunning,    ///< a wave has begun, and its gates do not hold yet
  kSoaking,    ///< they hold
  kHalted,     ///< nobody new gets it; those that have it keep it
  kReverted,   ///< everybody goes back to the level before
  kFinished,   ///< everybody gets it
  kCancelled,  ///< as halted, for good
};

/// What is known of a wave that has begun.
struct BegunWave {
  std::uint64_t threshold = 0;  ///< hosts whose number (waves.h) is below it are in its share
  Time began_at{};
  std::optional<Time> soaking_since{};
  std::optional<Time> passed_at{};
  bool operator==(const BegunWave&) const = default;
};

struct Reason {
  std::string code{};  ///< empty: there is none
  std::string text{};
  bool operator==(const Reason&) const = default;
};

/// Hosts of a wave. Each is counted once, but for those that are silent, which may have reported before.
struct WaveCounts {
  std::uint64_t hosts = 0;      ///< of the wave: that can be patched, and were not silent when it began
  std::uint64_t reporting = 0;  ///< since it began
  std::uint64_t applied = 0;
  std::uint64_t failed = 0;
  std::uint64_t stalled = 0;
  std::uint64_t reverted = 0;
  std::uint64_t crashed = 0;
  std::uint64_t silent = 0;
  bool operator==(const WaveCounts&) const = default;
};

struct Rollout {
  std::int64_t id = 0;
  std::string channel{};
  std::string policy{};  ///< its name; empty: none
  std::string made_by{};
  Time made_at{};
  Course course{};

  RolloutState state = RolloutState::kWaiting;
  bool urgent = false;
  std::vector<BegunWave> begun{};
  Reason reason{};      ///< why it is halted, reverted or cancelled, or what it waits for
  WaveCounts counts{};  ///< of the last wave that has begun, when they were last looked at
  std::optional<Time> ended_at{};
  /// Rises with each change. Whoever changes it must have seen the last one.
  std::int64_t version = 0;
  bool operator==(const Rollout&) const = default;

  bool active() const { return state == RolloutState::kWaiting || watched(); }
  /// Whether a wave's gates are looked at.
  bool watched() const { return state == RolloutState::kRunning || state == RolloutState::kSoaking; }
};

/// What a rollout brings to a target.
struct TargetLevel {
  std::uint32_t level = 0;
  std::uint32_t before = 0;  ///< what hosts go back to
  bool operator==(const TargetLevel&) const = default;
};
/// By build-id.
using TargetLevels = std::map<std::string, TargetLevel, std::less<>>;

struct Approval {
  std::int64_t wave = 0;  ///< from 1; kUrgentApproval: to go to everybody at once
  std::string name{};
  std::string who{};  ///< as the audit log has it
  Time time{};
  bool operator==(const Approval&) const = default;
};
inline constexpr std::int64_t kUrgentApproval = 0;

/// Who acts: `who` for the audit log, `name` for lists of approvers.
struct Actor {
  std::string who{};
  std::string name{};
};

std::string_view name_of(RolloutState state);
Result<RolloutState> rollout_state_from_name(std::string_view name);

}  // namespace suture::server
