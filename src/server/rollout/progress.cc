// SPDX-License-Identifier: Apache-2.0
#include "server/rollout/progress.h"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace suture::server {

Result<bool> Progress::tick(Time now) {
  bool moved = false;
  for (Rollout& rollout : TRY(parts_.rollouts.active())) {
    const bool changed = TRY(examine(std::move(rollout), now));
    moved = moved || changed;
  }
  return moved;
}

Result<bool> Progress::examine(Rollout rollout, Time now) {
  if (rollout.state == RolloutState::kWaiting) {
    const auto approvals = TRY(parts_.rollouts.approvals(rollout.id));
    if (missing_approvals(rollout, next_wave(rollout), approvals) > 0) return false;
  }
  if (!TRY(parts_.rollouts.claim(rollout.id, now, std::max(pace_.examine, every_)))) return false;
  return rollout.watched() ? watch(std::move(rollout), now) : begin(std::move(rollout), now);
}

Result<Evidence> Progress::gather(const Rollout& rollout, Time now) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  auto evidence = TRY(gather_evidence(parts_.fleet, rollout, TRY(parts_.rollouts.levels(rollout.id)),
                                      parts_.membership(), now));
  every_ = std::chrono::floor<std::chrono::seconds>(pace_.rest * (Clock::now() - start));
  return evidence;
}

Result<bool> Progress::begin(Rollout rollout, Time now) {
  auto evidence = TRY(gather(rollout, now));
  const Wave& wave = rollout.course.waves.at(rollout.begun.size());
  begin_wave(rollout, share_threshold(wave.hosts.share, std::move(evidence.numbers)), now);
  const bool saved = TRY(parts_.rollouts.save(rollout, RolloutState::kWaiting, true, now));
  if (saved) spdlog::info("rollout {}: wave {} begins", rollout.id, rollout.begun.size());
  return saved;
}

Result<bool> Progress::watch(Rollout rollout, Time now) {
  const RolloutState before = rollout.state;
  bool changed = follow_clock(rollout, now);
  const auto evidence = TRY(gather(rollout, now));
  changed = changed || evidence.counts != rollout.counts;
  rollout.counts = evidence.counts;
  const Gates& gates = rollout.course.waves.at(rollout.begun.size() - 1).gates;
  Judgement judgement = judge_counts(gates, evidence.counts);
  if (judgement.verdict != Verdict::kFail && !gates.metrics.empty()) {
    judgement = together({judgement, ask(rollout, now)});
  }
  const bool followed = follow(rollout, judgement, now);
  if (!changed && !followed) return false;
  // Whether a wave soaks already moves no host.
  const bool told = rollout.state != before && rollout.state != RolloutState::kSoaking;
  const bool saved = TRY(parts_.rollouts.save(rollout, before, told, now));
  if (saved && told) {
    spdlog::info("rollout {} is {} in wave {}{}{}", rollout.id, name_of(rollout.state), rollout.begun.size(),
                 rollout.reason.text.empty() ? "" : ": ", rollout.reason.text);
  }
  return saved && told;
}

/// What was said lately is asked for again only after a while, since each look would be a request.
Judgement Progress::ask(const Rollout& rollout, Time now) {
  Asked& asked = asked_[rollout.id];
  const bool lately = asked.wave == rollout.begun.size() && asked.time <= now &&
                      now - asked.time < pace_.metrics && asked.said.verdict != Verdict::kFail;
  if (lately) return asked.said;
  std::vector<Judgement> said;
  for (const MetricGate& gate : rollout.course.waves.at(rollout.begun.size() - 1).gates.metrics) {
    said.push_back(parts_.ask_metric(gate, rollout));
  }
  asked = {now, rollout.begun.size(), together(said)};
  return asked.said;
}

}  // namespace suture::server
