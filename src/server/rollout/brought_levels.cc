// SPDX-License-Identifier: Apache-2.0
//
// What rollouts bring: above which floor, and what stays of it when they are over.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "server/fleet/events.h"
#include "server/rollout/rollout_row.h"
#include "server/rollout/rollout_store.h"

namespace suture::server {
namespace {

constexpr std::int64_t kMostOpen = 16;  ///< of a channel

}  // namespace

Result<bool> RolloutStore::govern(std::string_view channel, Time now) {
  if (TRY(any("SELECT 1 FROM rollout_channels WHERE channel = ?1", channel))) return false;
  const std::string time = time_text(now);
  auto put = TRY(database_.prepare("INSERT INTO rollout_channels (channel, governed_since) VALUES (?1, ?2)"));
  TRY(put.bind(1, channel).bind(2, time).run());
  return true;
}

Result<void> RolloutStore::put_floor(std::string_view channel, std::string_view build_id, std::uint32_t level,
                                     std::int64_t rollout) {
  auto put = TRY(database_.prepare(
      "INSERT INTO rollout_floor (channel, build_id, level, rollout_id) VALUES (?1, ?2, ?3, ?4)"
      " ON CONFLICT (channel, build_id) DO UPDATE SET level = excluded.level,"
      " rollout_id = excluded.rollout_id"));
  return put.bind(1, channel).bind(2, build_id).bind(3, std::int64_t{level}).bind(4, rollout).run();
}

Result<ByText<Floor>> RolloutStore::floor_of(std::string_view channel) {
  auto row =
      TRY(database_.prepare("SELECT build_id, level, rollout_id FROM rollout_floor WHERE channel = ?1"));
  row.bind(1, channel);
  ByText<Floor> floor;
  while (TRY(row.step())) {
    floor[row.text(0)] = {static_cast<std::uint32_t>(row.number(1)), row.number(2)};
  }
  return floor;
}

/// What is taken back later is what the floor was when the rollout finished, not when it was made.
Result<void> RolloutStore::raise_floor(const Rollout& rollout) {
  const auto floor = TRY(floor_of(rollout.channel));
  auto previous = TRY(
      database_.prepare("UPDATE rollout_levels SET previous = ?3 WHERE rollout_id = ?1 AND build_id = ?2"));
  for (const auto& [build_id, target] : TRY(levels_of(rollout.id))) {
    const auto found = floor.find(build_id);
    const std::uint32_t before = found == floor.end() ? 0 : found->second.level;
    if (target.level <= before) continue;
    TRY(previous.bind(1, rollout.id).bind(2, build_id).bind(3, std::int64_t{before}).run());
    TRY(put_floor(rollout.channel, build_id, target.level, rollout.id));
  }
  return {};
}

Result<void> RolloutStore::lower_floor(const Rollout& rollout) {
  const auto floor = TRY(floor_of(rollout.channel));
  for (const auto& [build_id, target] : TRY(levels_of(rollout.id))) {
    const auto found = floor.find(build_id);
    if (found == floor.end() || found->second.rollout != rollout.id) continue;
    TRY(put_floor(rollout.channel, build_id, target.before, 0));
  }
  return {};
}

Result<TargetLevels> RolloutStore::levels_of(std::int64_t id) {
  auto row = TRY(database_.prepare(
      "SELECT build_id, level, previous FROM rollout_levels WHERE rollout_id = ?1 ORDER BY build_id"));
  row.bind(1, id);
  TargetLevels levels;
  while (TRY(row.step())) {
    levels[row.text(0)] = {static_cast<std::uint32_t>(row.number(1)),
                           static_cast<std::uint32_t>(row.number(2))};
  }
  return levels;
}

Result<void> RolloutStore::put_levels(std::int64_t id, const TargetLevels& levels) {
  auto put = TRY(database_.prepare(
      "INSERT INTO rollout_levels (rollout_id, build_id, level, previous) VALUES (?1, ?2, ?3, ?4)"));
  for (const auto& [build_id, target] : levels) {
    TRY(put.bind(1, id)
            .bind(2, build_id)
            .bind(3, std::int64_t{target.level})
            .bind(4, std::int64_t{target.before})
            .run());
  }
  return {};
}

/// What the order brings above the floor, without levels that were taken back once.
Result<TargetLevels> RolloutStore::brought(const RolloutOrder& order, bool newly_governed) {
  const auto floor = TRY(floor_of(order.channel));
  std::set<std::pair<std::string, std::uint32_t>> taken_back;
  if (!order.again) {
    auto row = TRY(database_.prepare(
        "SELECT l.build_id, l.level FROM rollout_levels l JOIN rollouts r ON r.id = l.rollout_id"
        " WHERE r.channel = ?1 AND r.state = 'reverted'"));
    row.bind(1, order.channel);
    while (TRY(row.step())) taken_back.emplace(row.text(0), static_cast<std::uint32_t>(row.number(1)));
  }
  TargetLevels brought;
  for (const auto& [build_id, target] : order.levels) {
    const auto found = floor.find(build_id);
    const std::uint32_t before = found != floor.end() ? found->second.level
                                 : newly_governed     ? target.before
                                                      : 0;
    if (target.level <= before || taken_back.contains({build_id, target.level})) continue;
    brought[build_id] = {target.level, before};
  }
  return brought;
}

Result<bool> RolloutStore::has_unbrought(const RolloutOrder& order, const TargetLevels& levels) {
  auto row = TRY(database_.prepare(
      "SELECT l.build_id, max(l.level) FROM rollout_levels l JOIN rollouts r ON r.id = l.rollout_id"
      " WHERE r.channel = ?1 GROUP BY l.build_id"));
  row.bind(1, order.channel);
  ByText<std::uint32_t> highest;
  while (TRY(row.step())) highest[row.text(0)] = static_cast<std::uint32_t>(row.number(1));
  return std::ranges::any_of(levels, [&](const auto& entry) {
    const auto found = highest.find(entry.first);
    return found == highest.end() || entry.second.level > found->second;
  });
}

Result<std::optional<Rollout>> RolloutStore::make(const RolloutOrder& order, const Actor& actor, Time now) {
  const std::string time = time_text(now);
  const std::string what = "make a rollout of " + order.channel;
  const std::lock_guard lock(*turn_);
  auto transaction = TRY(sql::Transaction::begin(database_));
  const bool newly = TRY(govern(order.channel, now));
  const TargetLevels levels = TRY(brought(order, newly));
  if (order.automatic && (levels.empty() || !TRY(has_unbrought(order, levels)))) return std::nullopt;
  if (levels.empty()) {
    return fail("rollout.nothing-new", what,
                order.levels.empty() ? "the repository has nothing in this channel"
                                     : "every host of the channel may have all that the repository has",
                order.levels.empty() ? "" : "levels that were taken back come again with \"again\" only");
  }
  {
    auto open = TRY(database_.prepare(
        "SELECT count(*) FROM rollouts WHERE channel = ?1 AND state NOT IN ('finished', 'reverted',"
        " 'cancelled')"));
    open.bind(1, order.channel);
    if (TRY(open.step()) && open.number(0) >= kMostOpen) {
      return fail("rollout.too-many", what, fmt::format("{} are under way in it", open.number(0)),
                  "revert or cancel those that are halted");
    }
  }
  // So that it is known what hosts go back to when all that is left of the rollout is that it was reverted.
  const auto floor = TRY(floor_of(order.channel));
  for (const auto& [build_id, target] : levels) {
    if (!floor.contains(build_id)) TRY(put_floor(order.channel, build_id, target.before, 0));
  }
  const std::int64_t id = 1 + TRY(database_.integer("SELECT coalesce(max(id), 0) FROM rollouts"));
  Rollout rollout{.id = id,
                  .channel = order.channel,
                  .policy = order.policy,
                  .made_by = actor.who,
                  .made_at = now,
                  .course = order.course};
  rollout.reason = waiting_for(rollout, {});
  const std::string course = stored_course(rollout.course);
  const std::string progress = stored_progress(rollout);
  auto put = TRY(database_.prepare(
      "INSERT INTO rollouts (id, channel, policy, state, made_by, made_at, course, progress, version,"
      " examined_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, '')"));
  TRY(put.bind(1, id)
          .bind(2, rollout.channel)
          .bind(3, rollout.policy)
          .bind(4, name_of(rollout.state))
          .bind(5, rollout.made_by)
          .bind(6, time)
          .bind(7, course)
          .bind(8, progress)
          .run());
  TRY(put_levels(id, levels));
  TRY(tell(actor, "start", title_of(rollout), now));
  TRY(append_event(database_,
                   {.kind = "rollout.started",
                    .subject = std::to_string(id),
                    .text = fmt::format("{} begins, by {}", title_of(rollout), actor.who)},
                   time));
  TRY(tell_fleet(rollout, now));
  TRY(next_generation());
  TRY(transaction.commit());
  return rollout;
}

Result<ByText<Governed>> RolloutStore::governed(RolloutMoment& moment) {
  const std::lock_guard lock(*turn_);
  const auto transaction = TRY(sql::Transaction::begin(database_, sql::Turn::kRead));
  moment = TRY(read_moment());
  ByText<Governed> channels;
  {
    auto row = TRY(database_.prepare("SELECT channel FROM rollout_channels ORDER BY channel"));
    while (TRY(row.step())) channels[row.text(0)];
  }
  for (auto& [name, governed] : channels) governed.floor = TRY(floor_of(name));
  for (Rollout& rollout : TRY(select("WHERE state NOT IN ('finished', 'reverted') ORDER BY id"))) {
    auto levels = TRY(levels_of(rollout.id));
    Governed& governed = channels[rollout.channel];
    if (!rollout.active()) {
      // Others have brought as much since: nobody keeps anything by it.
      std::erase_if(levels, [&](const auto& entry) {
        const auto floor = governed.floor.find(entry.first);
        return floor != governed.floor.end() && entry.second.level <= floor->second.level;
      });
      if (levels.empty()) continue;
    }
    governed.open.push_back({std::move(rollout), std::move(levels)});
  }
  return channels;
}

}  // namespace suture::server
