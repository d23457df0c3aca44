// SPDX-License-Identifier: Apache-2.0
#include "server/notify/rollout_gauges.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "server/notify/fleet_gauges.h"
#include "server/rollout/rollout_json.h"

namespace suture::server {
namespace {

Result<void> add_states(MetricsText& text, sql::Database& database) {
  std::map<std::string, std::int64_t> counts;
  auto row = TRY(database.prepare("SELECT state, count(*) FROM rollouts GROUP BY state"));
  while (TRY(row.step())) counts[row.text(0)] = row.number(1);
  text.metric("suture_fleet_rollouts", "Rollouts by their state.");
  using enum RolloutState;
  // Also those that no rollout is in: an alert ends by a 0, not by a series that is gone.
  for (const RolloutState state : {kWaiting, kRunning, kSoaking, kHalted, kReverted, kFinished, kCancelled}) {
    text.sample(counts[std::string(name_of(state))], {{"state", name_of(state)}});
  }
  return {};
}

Result<std::vector<Rollout>> open_rollouts(sql::Database& database) {
  auto row = TRY(database.prepare(
      "SELECT id, channel, course, progress FROM rollouts"
      " WHERE state IN ('waiting', 'running', 'soaking', 'halted') ORDER BY id DESC LIMIT ?1"));
  row.bind(1, static_cast<std::int64_t>(kMostSeries));
  std::vector<Rollout> all;
  while (TRY(row.step())) {
    Rollout rollout{
        .id = row.number(0), .channel = row.text(1), .course = TRY(course_from_store(row.text(2)))};
    TRY(progress_from_store(row.text(3), rollout));
    all.push_back(std::move(rollout));
  }
  return all;
}

}  // namespace

Result<void> add_rollout_gauges(MetricsText& text, sql::Database& database) {
  TRY(add_states(text, database));
  const auto open = TRY(open_rollouts(database));
  const auto add = [&](const Rollout& rollout, std::uint64_t value) {
    text.sample(static_cast<std::int64_t>(value),
                {{"channel", rollout.channel}, {"rollout", std::to_string(rollout.id)}});
  };
  text.metric("suture_fleet_rollout_waves", "Waves of a rollout that has not ended.");
  for (const Rollout& rollout : open) add(rollout, rollout.course.waves.size());
  text.metric("suture_fleet_rollout_wave", "The wave that has begun last; 0: none.");
  for (const Rollout& rollout : open) add(rollout, rollout.begun.size());
  text.metric("suture_fleet_rollout_wave_hosts", "Hosts of that wave, as they were counted for its gates.");
  for (const Rollout& rollout : open) {
    if (rollout.begun.empty()) continue;
    const WaveCounts& counts = rollout.counts;
    for (const auto& [hosts, count] : {
             std::pair("all", counts.hosts),
             std::pair("reporting", counts.reporting),
             std::pair("applied", counts.applied),
             std::pair("failed", counts.failed),
             std::pair("stalled", counts.stalled),
             std::pair("reverted", counts.reverted),
             std::pair("crashed", counts.crashed),
             std::pair("silent", counts.silent),
         }) {
      text.sample(static_cast<std::int64_t>(count),
                  {{"channel", rollout.channel}, {"rollout", std::to_string(rollout.id)}, {"hosts", hosts}});
    }
  }
  return {};
}

}  // namespace suture::server
