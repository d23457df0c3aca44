// SPDX-License-Identifier: Apache-2.0
#include "server/rollout/transitions.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/rollout/rollout_json.h"

namespace suture::server {
namespace {

constexpr std::uint64_t kEverybody = std::uint64_t{1} << 32;

std::string title(const Rollout& rollout) {
  return fmt::format("rollout {}", rollout.id);
}

std::unexpected<Error> wrong_state(const Rollout& rollout, std::string_view wanted) {
  return fail("rollout.state", fmt::format("{} {}", wanted, title(rollout)),
              fmt::format("it is {}", name_of(rollout.state)));
}

void end(Rollout& rollout, RolloutState state, Reason reason, Time now) {
  rollout.state = state;
  rollout.reason = std::move(reason);
  rollout.ended_at = now;
}

/// Evidence from before counts no more: what made it halt would do so again, at once.
void resume(Rollout& rollout, Time now) {
  rollout.reason = {};
  rollout.counts = {};
  if (rollout.begun.empty() || rollout.begun.back().passed_at) {
    rollout.state = RolloutState::kWaiting;
    return;
  }
  rollout.state = RolloutState::kRunning;
  rollout.begun.back().began_at = now;
  rollout.begun.back().soaking_since.reset();
}

void go_to_everybody(Rollout& rollout, const Actor& actor, Time now) {
  rollout.begun.resize(rollout.course.waves.size(), {.threshold = kEverybody, .began_at = now});
  rollout.begun.back() = {.threshold = kEverybody, .began_at = now};
  rollout.urgent = true;
  rollout.state = RolloutState::kRunning;
  rollout.counts = {};
  rollout.reason = {"rollout.urgent", "straight to everybody, said " + actor.who};
}

void fall(Rollout& rollout, Reason reason, Time now) {
  if (rollout.course.revert_on_failure) return end(rollout, RolloutState::kReverted, std::move(reason), now);
  rollout.state = RolloutState::kHalted;
  rollout.reason = std::move(reason);
}

void pass(Rollout& rollout, Time now) {
  rollout.begun.back().passed_at = now;
  if (rollout.begun.size() == rollout.course.waves.size()) {
    return end(rollout, RolloutState::kFinished, {}, now);
  }
  rollout.state = RolloutState::kWaiting;
  rollout.reason = {};
}

}  // namespace

std::string_view name_of(RolloutCommand command) {
  switch (command) {
    case RolloutCommand::kHalt:
      return "halt";
    case RolloutCommand::kResume:
      return "resume";
    case RolloutCommand::kRevert:
      return "revert";
    case RolloutCommand::kCancel:
      return "cancel";
    case RolloutCommand::kUrgent:
      return "urgent";
  }
  return "";
}

Result<void> obey(Rollout& rollout, RolloutCommand command, const Actor& actor,
                  const std::vector<Approval>& approvals, Time now) {
  const bool open = rollout.active() || rollout.state == RolloutState::kHalted;
  const Reason said{fmt::format("rollout.{}", name_of(command)), "said " + actor.who};
  switch (command) {
    case RolloutCommand::kHalt:
      if (!rollout.active()) return wrong_state(rollout, "halt");
      rollout.state = RolloutState::kHalted;
      rollout.reason = said;
      return {};
    case RolloutCommand::kResume:
      if (rollout.state != RolloutState::kHalted) return wrong_state(rollout, "resume");
      resume(rollout, now);
      return {};
    case RolloutCommand::kRevert:
      if (rollout.state == RolloutState::kReverted) return wrong_state(rollout, "revert");
      end(rollout, RolloutState::kReverted, said, now);
      return {};
    case RolloutCommand::kCancel:
      if (!open) return wrong_state(rollout, "cancel");
      end(rollout, RolloutState::kCancelled, said, now);
      return {};
    case RolloutCommand::kUrgent:
      if (!open || rollout.urgent) return wrong_state(rollout, "hurry");
      if (const auto missing = missing_approvals(rollout, kUrgentApproval, approvals); missing > 0) {
        return fail("rollout.approvals", "hurry " + title(rollout),
                    fmt::format("it needs {} more approvals for that", missing),
                    "approve it with {\"urgent\": true}");
      }
      go_to_everybody(rollout, actor, now);
      return {};
  }
  return {};
}

std::int64_t next_wave(const Rollout& rollout) {
  return static_cast<std::int64_t>(rollout.begun.size()) + 1;
}

const Approvals& wanted_approvals(const Rollout& rollout, std::int64_t wave) {
  if (wave == kUrgentApproval) return rollout.course.urgent;
  return rollout.course.waves.at(static_cast<std::size_t>(wave - 1)).approvals;
}

std::size_t missing_approvals(const Rollout& rollout, std::int64_t wave,
                              const std::vector<Approval>& approvals) {
  const auto given = static_cast<std::size_t>(std::ranges::count(approvals, wave, &Approval::wave));
  const std::size_t wanted = wanted_approvals(rollout, wave).count;
  return wanted - std::min(wanted, given);
}

Result<void> check_approval(const Rollout& rollout, std::int64_t wave, const Actor& actor,
                            const std::vector<Approval>& approvals) {
  const std::string what = "approve " + title(rollout);
  const bool open = rollout.active() || rollout.state == RolloutState::kHalted;
  if (!open || wave > static_cast<std::int64_t>(rollout.course.waves.size())) {
    return wrong_state(rollout, "approve");
  }
  const Approvals& wanted = wanted_approvals(rollout, wave);
  if (wanted.count == 0) return fail("rollout.state", what, "it needs no approval here");
  if (!wanted.from.empty() && std::ranges::find(wanted.from, actor.name) == wanted.from.end()) {
    return fail("rollout.approver", what, "\"" + actor.name + "\" is not among those who may");
  }
  if (!wanted.own && actor.who == rollout.made_by) {
    return fail("rollout.own-approval", what, "whoever made it needs somebody else's approval");
  }
  const bool again = std::ranges::any_of(approvals, [&](const Approval& approval) {
    return approval.wave == wave && (approval.name == actor.name || approval.who == actor.who);
  });
  if (again) return fail("rollout.approved-twice", what, "\"" + actor.name + "\" has approved it already");
  return {};
}

void begin_wave(Rollout& rollout, std::uint64_t threshold, Time now) {
  rollout.begun.push_back({.threshold = threshold, .began_at = now});
  rollout.state = RolloutState::kRunning;
  rollout.reason = {};
  rollout.counts = {};
}

bool follow(Rollout& rollout, const Judgement& judgement, Time now) {
  const Rollout before = rollout;
  BegunWave& begun = rollout.begun.back();
  const Wave& wave = rollout.course.waves.at(rollout.begun.size() - 1);
  const bool overdue = now - begun.began_at >= wave.deadline;
  switch (judgement.verdict) {
    case Verdict::kFail:
      fall(rollout, judgement.reason, now);
      break;
    case Verdict::kWait:
      if (overdue) {
        fall(rollout,
             {"rollout.deadline",
              fmt::format("after {} {}", duration_text(wave.deadline), judgement.reason.text)},
             now);
      } else {
        rollout.reason = judgement.reason;
      }
      break;
    case Verdict::kPass:
      rollout.reason = {};
      if (!begun.soaking_since) begun.soaking_since = now;
      rollout.state = RolloutState::kSoaking;
      if (rollout.urgent || now - *begun.soaking_since >= wave.soak) pass(rollout, now);
      break;
  }
  return rollout != before;
}

bool follow_clock(Rollout& rollout, Time now) {
  if (rollout.begun.empty()) return false;
  BegunWave& begun = rollout.begun.back();
  const bool ahead = begun.began_at > now || (begun.soaking_since && *begun.soaking_since > now);
  if (!ahead) return false;
  begun.began_at = now;
  if (begun.soaking_since) begun.soaking_since = now;
  return true;
}

Reason waiting_for(const Rollout& rollout, const std::vector<Approval>& approvals) {
  const std::int64_t wave = next_wave(rollout);
  const std::size_t missing = missing_approvals(rollout, wave, approvals);
  if (missing == 0) return {};
  std::string from;
  for (const std::string& name : wanted_approvals(rollout, wave).from) {
    from.append(from.empty() ? ", from " : " or ").append(name);
  }
  return {std::string(kApprovalWanted),
          fmt::format("wave {} needs {} more approval{}{}", wave, missing, missing == 1 ? "" : "s", from)};
}

}  // namespace suture::server
