// SPDX-License-Identifier: Apache-2.0
#include "server/rollout/rollout_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "server/access/audit_log.h"
#include "server/fleet/events.h"
#include "server/rollout/rollout_row.h"

namespace suture::server {
namespace {

constexpr const char* kColumns =
    "SELECT id, channel, policy, state, made_by, made_at, course, progress, version FROM rollouts ";

}  // namespace

Result<RolloutStore> RolloutStore::open(const FleetDatabase& where, StoreLimits limits) {
  auto database = TRY(where.open(limits.database_pages));
  // Who approved what must outlive a power cut.
  if (!where.is_shared()) TRY(database.execute("PRAGMA synchronous = FULL"));
  return RolloutStore(std::move(database));
}

Result<Rollout> RolloutStore::read_rollout(const sql::Statement& row) const {
  const auto state = rollout_state_from_name(row.text(3));
  const auto made = parse_time(row.text(5));
  if (!state || !made) return bad_rollout_row("its state or its time is none");
  Rollout rollout{.id = row.number(0),
                  .channel = row.text(1),
                  .policy = row.text(2),
                  .made_by = row.text(4),
                  .made_at = *made,
                  .course = TRY(course_from_store(row.text(6))),
                  .state = *state,
                  .version = row.number(8)};
  TRY(progress_from_store(row.text(7), rollout));
  if (rollout.begun.size() > rollout.course.waves.size() || (rollout.watched() && rollout.begun.empty())) {
    return bad_rollout_row("it has begun other waves than it has");
  }
  return rollout;
}

Result<std::vector<Rollout>> RolloutStore::select(std::string_view rest,
                                                  const std::vector<std::string>& texts) {
  auto row = TRY(database_.prepare(std::string(kColumns).append(rest)));
  for (std::size_t i = 0; i < texts.size(); ++i) row.bind(static_cast<int>(i) + 1, texts[i]);
  std::vector<Rollout> all;
  while (TRY(row.step())) all.push_back(TRY(read_rollout(row)));
  return all;
}

Result<std::optional<Rollout>> RolloutStore::find(std::int64_t id) {
  auto row = TRY(database_.prepare(std::string(kColumns) + "WHERE id = ?1"));
  if (!TRY(row.bind(1, id).step())) return std::nullopt;
  return TRY(read_rollout(row));
}

Result<bool> RolloutStore::any(std::string_view sql, std::string_view text) {
  auto row = TRY(database_.prepare(sql));
  return row.bind(1, text).step();
}

Result<void> RolloutStore::tell(const Actor& actor, std::string_view action, std::string object, Time now) {
  return append_audit(database_, {actor.who, fmt::format("rollout.{}", action), std::move(object), "ok"},
                      time_text(now));
}

/// An event for what has just become of it.
Result<void> RolloutStore::tell_fleet(const Rollout& rollout, Time now) {
  const bool wanted = rollout.reason.code == kApprovalWanted;
  NewEvent event{.kind = {}, .subject = std::to_string(rollout.id), .text = title_of(rollout)};
  switch (rollout.state) {
    case RolloutState::kWaiting:
      if (!wanted) return {};
      event.kind = "rollout.approval-wanted";
      event.severity = Severity::kWarning;
      break;
    case RolloutState::kRunning:
      event.kind = "rollout.wave";
      event.text += rollout.urgent ? " goes to everybody"
                                   : fmt::format(": wave {} of {} begins", rollout.begun.size(),
                                                 rollout.course.waves.size());
      break;
    case RolloutState::kHalted:
      event.kind = "rollout.halted";
      event.severity = Severity::kCritical;
      event.text += " is halted";
      break;
    case RolloutState::kReverted:
      event.kind = "rollout.reverted";
      event.severity = Severity::kCritical;
      event.text += " is reverted";
      break;
    case RolloutState::kFinished:
      event.kind = "rollout.finished";
      event.text += " is finished";
      break;
    case RolloutState::kSoaking:
    case RolloutState::kCancelled:
      return {};
  }
  if (!rollout.reason.text.empty()) event.text += ": " + rollout.reason.text;
  return append_event(database_, event, time_text(now));
}

Result<void> RolloutStore::next_generation(bool call) {
  auto next =
      TRY(database_.prepare("INSERT INTO rollout_generation (one, generation, calls) VALUES (1, 1, ?1)"
                            " ON CONFLICT (one) DO UPDATE SET generation = rollout_generation.generation + 1,"
                            " calls = rollout_generation.calls + excluded.calls"));
  return next.bind(1, std::int64_t{call ? 1 : 0}).run();
}

Result<RolloutMoment> RolloutStore::read_moment() {
  auto row = TRY(database_.prepare("SELECT generation, calls FROM rollout_generation WHERE one = 1"));
  if (!TRY(row.step())) return RolloutMoment();
  return RolloutMoment{.generation = row.number(0), .calls = row.number(1)};
}

Result<RolloutMoment> RolloutStore::moment() {
  const std::lock_guard lock(*turn_);
  return read_moment();
}

Result<Page<Rollout>> RolloutStore::rollouts(const RolloutQuery& query) {
  std::string rest = "WHERE id < ?1";
  if (!query.channel.empty()) rest += " AND channel = ?3";
  if (query.state) rest += query.channel.empty() ? " AND state = ?3" : " AND state = ?4";
  const std::lock_guard lock(*turn_);
  auto row = TRY(database_.prepare(std::string(kColumns) + rest + " ORDER BY id DESC LIMIT ?2"));
  row.bind(1, query.before).bind(2, std::int64_t{query.limit} + 1);
  int next = 3;
  if (!query.channel.empty()) row.bind(next++, query.channel);
  if (query.state) row.bind(next, name_of(*query.state));
  Page<Rollout> page;
  while (TRY(row.step())) {
    if (page.items.size() == query.limit) {
      page.more = true;
      break;
    }
    page.items.push_back(TRY(read_rollout(row)));
  }
  return page;
}

Result<std::optional<Rollout>> RolloutStore::rollout(std::int64_t id) {
  const std::lock_guard lock(*turn_);
  return find(id);
}

Result<TargetLevels> RolloutStore::levels(std::int64_t id) {
  const std::lock_guard lock(*turn_);
  return levels_of(id);
}

Result<std::vector<Approval>> RolloutStore::approvals(std::int64_t id) {
  const std::lock_guard lock(*turn_);
  return approvals_of(id);
}

Result<std::vector<Approval>> RolloutStore::approvals_of(std::int64_t id) {
  auto row = TRY(database_.prepare(
      "SELECT wave, name, who, time FROM rollout_approvals WHERE rollout_id = ?1 ORDER BY wave, time, name"));
  row.bind(1, id);
  std::vector<Approval> all;
  while (TRY(row.step())) {
    const auto time = parse_time(row.text(3));
    if (!time) return bad_rollout_row("an approval has no time");
    all.push_back({row.number(0), row.text(1), row.text(2), *time});
  }
  return all;
}

/// The floor follows what becomes of the rollout. False: it is not the one that was read.
Result<bool> RolloutStore::write(Rollout& rollout, RolloutState before) {
  const std::string progress = stored_progress(rollout);
  auto put = TRY(database_.prepare(
      "UPDATE rollouts SET state = ?2, progress = ?3, version = version + 1 WHERE id = ?1 AND version = ?4"));
  TRY(put.bind(1, rollout.id)
          .bind(2, name_of(rollout.state))
          .bind(3, progress)
          .bind(4, rollout.version)
          .run());
  if (database_.rows_changed() == 0) return false;
  ++rollout.version;
  if (rollout.state == before) return true;
  if (rollout.state == RolloutState::kFinished) TRY(raise_floor(rollout));
  if (rollout.state == RolloutState::kReverted && before == RolloutState::kFinished) {
    TRY(lower_floor(rollout));
  }
  return true;
}

Result<std::optional<Rollout>> RolloutStore::command(std::int64_t id, RolloutCommand command,
                                                     const Actor& actor, Time now) {
  const std::lock_guard lock(*turn_);
  auto transaction = TRY(sql::Transaction::begin(database_));
  auto rollout = TRY(find(id));
  if (!rollout) return std::nullopt;
  const RolloutState before = rollout->state;
  const auto approvals = TRY(approvals_of(id));
  TRY(obey(*rollout, command, actor, approvals, now));
  if (rollout->state == RolloutState::kWaiting) rollout->reason = waiting_for(*rollout, approvals);
  TRY(write(*rollout, before));
  TRY(tell(actor, name_of(command), title_of(*rollout), now));
  if (command != RolloutCommand::kResume) TRY(tell_fleet(*rollout, now));
  // What is bad is to be gone soon, and what is urgent to be there.
  TRY(next_generation(command == RolloutCommand::kRevert || command == RolloutCommand::kUrgent));
  TRY(transaction.commit());
  return rollout;
}

Result<std::optional<Rollout>> RolloutStore::approve(std::int64_t id, bool urgent, const Actor& actor,
                                                     Time now) {
  const std::string time = time_text(now);
  const std::lock_guard lock(*turn_);
  auto transaction = TRY(sql::Transaction::begin(database_));
  auto rollout = TRY(find(id));
  if (!rollout) return std::nullopt;
  const std::int64_t wave = urgent ? kUrgentApproval : next_wave(*rollout);
  auto approvals = TRY(approvals_of(id));
  TRY(check_approval(*rollout, wave, actor, approvals));
  auto put = TRY(database_.prepare(
      "INSERT INTO rollout_approvals (rollout_id, wave, name, who, time) VALUES (?1, ?2, ?3, ?4, ?5)"));
  TRY(put.bind(1, id).bind(2, wave).bind(3, actor.name).bind(4, actor.who).bind(5, time).run());
  approvals.push_back({wave, actor.name, actor.who, now});
  if (rollout->state == RolloutState::kWaiting) rollout->reason = waiting_for(*rollout, approvals);
  TRY(write(*rollout, rollout->state));
  TRY(tell(actor, "approve",
           urgent ? fmt::format("{}, to go to everybody", title_of(*rollout))
                  : fmt::format("{}, wave {}", title_of(*rollout), wave),
           now));
  TRY(transaction.commit());
  return rollout;
}

Result<std::vector<Rollout>> RolloutStore::active() {
  const std::lock_guard lock(*turn_);
  return select("WHERE state IN ('waiting', 'running', 'soaking') ORDER BY id");
}

Result<bool> RolloutStore::claim(std::int64_t id, Time now, std::chrono::seconds every) {
  const std::string time = time_text(now);
  const std::lock_guard lock(*turn_);
  auto transaction = TRY(sql::Transaction::begin(database_));
  {
    auto row = TRY(database_.prepare("SELECT examined_at FROM rollouts WHERE id = ?1"));
    if (!TRY(row.bind(1, id).step())) return false;
    // A time ahead of the clock is one of a clock that was wrong.
    const auto last = parse_time(row.text(0));
    if (last && *last <= now && now - *last < every) return false;
  }
  auto put = TRY(database_.prepare("UPDATE rollouts SET examined_at = ?2 WHERE id = ?1"));
  TRY(put.bind(1, id).bind(2, time).run());
  TRY(transaction.commit());
  return true;
}

Result<bool> RolloutStore::save(const Rollout& changed, RolloutState before, bool told, Time now) {
  Rollout rollout = changed;
  const std::lock_guard lock(*turn_);
  auto transaction = TRY(sql::Transaction::begin(database_));
  if (rollout.state == RolloutState::kWaiting) {
    rollout.reason = waiting_for(rollout, TRY(approvals_of(rollout.id)));
  }
  if (!TRY(write(rollout, before))) return false;
  if (told) {
    std::string object = title_of(rollout);
    if (!rollout.begun.empty()) object += fmt::format(", wave {}", rollout.begun.size());
    if (!rollout.reason.code.empty()) object += ": " + rollout.reason.text;
    TRY(tell({"server", ""}, name_of(rollout.state), std::move(object), now));
    TRY(tell_fleet(rollout, now));
    TRY(next_generation(rollout.state == RolloutState::kReverted));
  }
  TRY(transaction.commit());
  return true;
}

Result<std::vector<std::pair<Rollout, TargetLevel>>> RolloutStore::reverted(std::string_view channel,
                                                                            std::string_view build_id) {
  constexpr std::string_view kWhere =
      "WHERE channel = ?1 AND state = 'reverted' AND id IN"
      " (SELECT rollout_id FROM rollout_levels WHERE build_id = ?2) ORDER BY id DESC LIMIT 10";
  const std::lock_guard lock(*turn_);
  std::vector<std::pair<Rollout, TargetLevel>> all;
  for (Rollout& rollout : TRY(select(kWhere, {std::string(channel), std::string(build_id)}))) {
    const auto levels = TRY(levels_of(rollout.id));
    all.emplace_back(std::move(rollout), levels.find(build_id)->second);
  }
  return all;
}

}  // namespace suture::server
