// SPDX-License-Identifier: Apache-2.0
#include "server/rollout/plan.h"

#include <fmt/format.h>

#include <algorithm>

namespace suture::server {
namespace {

using By = ExplainedPlan::By;

Plan floor_plan(const Floor& floor) {
  return {.level = floor.level,
          .rollout = floor.rollout == 0 ? std::string() : std::to_string(floor.rollout),
          .reason = floor.rollout == 0 ? "before the first rollout" : "a finished rollout"};
}

std::string kept_reason(const Rollout& rollout) {
  return rollout.active() ? "kept until its wave begins"
                          : fmt::format("kept from a rollout that is {}", name_of(rollout.state));
}

}  // namespace

const Governed* PlanIndex::channel(std::string_view name) const {
  const auto found = channels_.find(name);
  return found == channels_.end() ? nullptr : &found->second;
}

std::optional<ExplainedPlan> PlanIndex::explained(const PlanFor& host) const {
  const Governed* governed = channel(host.channel);
  if (governed == nullptr) return std::nullopt;
  const auto floor = governed->floor.find(host.build_id);
  bool known = floor != governed->floor.end();
  bool to_come = false;
  ExplainedPlan best{.plan = floor_plan(known ? floor->second : Floor())};
  for (const OpenRollout& open : governed->open) {
    const auto target = open.levels.find(host.build_id);
    if (target == open.levels.end()) continue;
    known = true;
    const Rollout& rollout = open.rollout;
    const std::uint32_t brought = target->second.level;
    const std::size_t wave =
        rollout.active()
            ? (rollout.urgent ? rollout.begun.size() : first_wave_of(rollout, host.host_id, member_))
            : 0;
    to_come = to_come || (rollout.active() && wave == 0 && brought > best.plan.level);
    const std::uint32_t level = wave > 0 ? brought : std::min(brought, host.level);
    // Of two that bring the same, the one that may be in a hurry.
    const bool hurries = level == best.plan.level && wave > 0 && rollout.urgent && best.by != By::kFloor;
    if (level <= best.plan.level && !hurries) continue;
    best.by = wave > 0 ? By::kWave : By::kKept;
    best.open = &open;
    best.wave = wave;
    best.plan = {.level = level,
                 .urgent = wave > 0 && rollout.urgent,
                 .rollout = std::to_string(rollout.id),
                 .reason = wave > 0 ? rollout.urgent
                                          ? "urgent"
                                          : fmt::format("wave {} of {}", wave, rollout.course.waves.size())
                                    : kept_reason(rollout)};
  }
  if (best.by == By::kFloor && to_come) best.plan.reason = "its wave has not begun";
  if (known) return best;
  return ExplainedPlan{.plan = {.level = host.level, .reason = "no rollout names this kernel"},
                       .by = By::kUnknownTarget};
}

std::optional<Plan> PlanIndex::plan(const PlanFor& host) const {
  auto found = explained(host);
  if (!found) return std::nullopt;
  return std::move(found->plan);
}

}  // namespace suture::server
