// SPDX-License-Identifier: Apache-2.0
#include "advisory/watch_queue.h"

#include <algorithm>
#include <array>

#include "base/json.h"

namespace suture {
namespace {

constexpr std::array<std::pair<QueueState, std::string_view>, 5> kNames = {{
    {QueueState::kWaiting, "waiting"},
    {QueueState::kTaken, "taken"},
    {QueueState::kFinished, "finished"},
    {QueueState::kFailed, "failed"},
    {QueueState::kWithdrawn, "withdrawn"},
}};

constexpr const char* kColumns =
    "id, cve, target, commits, reason, priority, state, since, builder, lease_until, tries, outcome";

std::string joined(const std::vector<std::string>& commits) {
  std::string text;
  for (const std::string& commit : commits) text += (text.empty() ? "" : " ") + commit;
  return text;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

QueueState state_of(std::string_view name) {
  const auto found = std::ranges::find(kNames, name, &std::pair<QueueState, std::string_view>::second);
  return found != kNames.end() ? found->first : QueueState::kWaiting;
}

QueueEntry entry_of(const sql::Statement& row) {
  return {.id = row.number(0),
          .fix = {.cve = row.text(1),
                  .target = row.text(2),
                  .fix_commits = split(row.text(3)),
                  .reason = row.text(4),
                  .priority = row.number(5)},
          .state = state_of(row.text(6)),
          .since = row.text(7),
          .builder = row.text(8),
          .lease_until = row.text(9),
          .tries = static_cast<std::uint32_t>(row.number(10)),
          .outcome = row.text(11)};
}

/// Ends what the builder has in its hands. It is somebody else's once the lease is over and another took it;
/// until then who is late is still welcome.
Result<void> let_go(sql::Database& database, std::int64_t id, std::string_view builder, QueueState state,
                    std::string_view outcome, Time now) {
  auto update =
      TRY(database.prepare("UPDATE queue SET state = ?3, since = ?4, outcome = ?5, lease_until = ''"
                           " WHERE id = ?1 AND builder = ?2 AND state = 'taken'"));
  const std::string time = time_text(now);
  update.bind(1, id).bind(2, builder).bind(3, name_of(state)).bind(4, time).bind(5, outcome);
  TRY(update.run());
  if (TRY(database.integer("SELECT changes()")) > 0) return {};
  return fail("watch.not-taken", "let go of entry " + std::to_string(id),
              "\"" + std::string(builder) + "\" does not have it, or no longer",
              "`suture watch queue` shows who does.");
}

}  // namespace

std::string_view name_of(QueueState state) {
  const auto found = std::ranges::find(kNames, state, &std::pair<QueueState, std::string_view>::first);
  return found != kNames.end() ? found->second : "";
}

Json to_json(const QueueEntry& entry) {
  return {{"id", entry.id},
          {"cve", entry.fix.cve},
          {"target", entry.fix.target},
          {"fix_commits", entry.fix.fix_commits},
          {"reason", entry.fix.reason},
          {"priority", entry.fix.priority},
          {"state", name_of(entry.state)},
          {"since", entry.since},
          {"builder", entry.builder},
          {"lease_until", entry.lease_until},
          {"tries", entry.tries},
          {"outcome", entry.outcome}};
}

Result<bool> WatchQueue::add(const QueuedFix& fix, Time now) {
  sql::Database& database = store_->database();
  auto transaction = TRY(sql::Transaction::begin(database));
  const std::string time = time_text(now);
  const std::string commits = joined(fix.fix_commits);
  auto find = TRY(database.prepare("SELECT state, commits FROM queue WHERE cve = ?1 AND target = ?2"));
  find.bind(1, fix.cve).bind(2, fix.target);
  bool is_new = !TRY(find.step());
  if (is_new) {
    auto insert =
        TRY(database.prepare("INSERT INTO queue (cve, target, commits, reason, priority, state, since, "
                             "builder, lease_until, tries,"
                             " outcome) VALUES (?1, ?2, ?3, ?4, ?5, 'waiting', ?6, '', '', 0, '')"));
    insert.bind(1, fix.cve).bind(2, fix.target).bind(3, commits).bind(4, fix.reason).bind(5, fix.priority);
    TRY(insert.bind(6, time).run());
  } else {
    const QueueState state = state_of(find.text(0));
    const bool other_fix = find.text(1) != commits;
    find.reset();
    is_new = state == QueueState::kWithdrawn ||
             (other_fix && (state == QueueState::kFinished || state == QueueState::kFailed));
    auto update = TRY(database.prepare(
        "UPDATE queue SET commits = ?3, reason = ?4, priority = ?5,"
        " state = CASE WHEN ?6 THEN 'waiting' ELSE state END, since = CASE WHEN ?6 THEN ?7 ELSE since END,"
        " outcome = CASE WHEN ?6 THEN '' ELSE outcome END WHERE cve = ?1 AND target = ?2"));
    update.bind(1, fix.cve).bind(2, fix.target).bind(3, commits).bind(4, fix.reason).bind(5, fix.priority);
    TRY(update.bind(6, std::int64_t{is_new}).bind(7, time).run());
  }
  find.reset();
  TRY(transaction.commit());
  return is_new;
}

Result<void> WatchQueue::withdraw(std::string_view cve, std::string_view target, std::string_view why,
                                  Time now) {
  auto update = TRY(store_->database().prepare(
      "UPDATE queue SET state = 'withdrawn', since = ?3, outcome = ?4, builder = '', lease_until = ''"
      " WHERE cve = ?1 AND target = ?2 AND state IN ('waiting', 'taken', 'failed')"));
  const std::string time = time_text(now);
  return update.bind(1, cve).bind(2, target).bind(3, time).bind(4, why).run();
}

Result<std::vector<std::string>> WatchQueue::targets_waiting_for(std::string_view cve) {
  auto rows = TRY(store_->database().prepare(
      "SELECT target FROM queue WHERE cve = ?1 AND state IN ('waiting', 'taken', 'failed') ORDER BY target"));
  rows.bind(1, cve);
  std::vector<std::string> targets;
  while (TRY(rows.step())) targets.push_back(rows.text(0));
  return targets;
}

Result<std::optional<QueueEntry>> WatchQueue::take(std::string_view builder, std::chrono::seconds lease,
                                                   Time now, std::string_view target) {
  sql::Database& database = store_->database();
  // Two that ask at once get two entries, or one of them none.
  auto transaction = TRY(sql::Transaction::begin(database));
  const std::string time = time_text(now);
  const std::string until = time_text(now + lease);
  auto find = TRY(database.prepare(
      "SELECT id FROM queue WHERE (state = 'waiting' OR (state = 'taken' AND lease_until <= ?1))"
      " AND (?2 = '' OR target = ?2) ORDER BY priority DESC, id LIMIT 1"));
  find.bind(1, time).bind(2, target);
  if (!TRY(find.step())) return std::nullopt;
  const std::int64_t id = find.number(0);
  find.reset();
  auto update = TRY(database.prepare(
      "UPDATE queue SET state = 'taken', since = ?2, builder = ?3, lease_until = ?4, tries = tries + 1,"
      " outcome = '' WHERE id = ?1"));
  TRY(update.bind(1, id).bind(2, time).bind(3, builder).bind(4, until).run());
  auto read = TRY(database.prepare("SELECT " + std::string(kColumns) + " FROM queue WHERE id = ?1"));
  read.bind(1, id);
  if (!TRY(read.step())) return std::nullopt;
  QueueEntry entry = entry_of(read);
  read.reset();
  TRY(transaction.commit());
  return entry;
}

Result<void> WatchQueue::keep(std::int64_t id, std::string_view builder, std::chrono::seconds lease,
                              Time now) {
  auto update = TRY(store_->database().prepare(
      "UPDATE queue SET lease_until = ?3 WHERE id = ?1 AND builder = ?2 AND state = 'taken'"));
  const std::string until = time_text(now + lease);
  TRY(update.bind(1, id).bind(2, builder).bind(3, until).run());
  if (TRY(store_->database().integer("SELECT changes()")) > 0) return {};
  return fail("watch.not-taken", "keep entry " + std::to_string(id),
              "\"" + std::string(builder) + "\" does not have it, or no longer",
              "`suture watch queue` shows who does.");
}

Result<void> WatchQueue::finish(std::int64_t id, std::string_view builder, std::string_view outcome,
                                Time now) {
  return let_go(store_->database(), id, builder, QueueState::kFinished, outcome, now);
}

Result<void> WatchQueue::fail_with(std::int64_t id, std::string_view builder, std::string_view why,
                                   Time now) {
  return let_go(store_->database(), id, builder, QueueState::kFailed, why, now);
}

Result<void> WatchQueue::lose(std::int64_t id, std::string_view builder, std::string_view why, Time now) {
  return let_go(store_->database(), id, builder, QueueState::kWaiting, why, now);
}

Result<std::vector<QueueEntry>> WatchQueue::list(bool all) {
  auto rows = TRY(store_->database().prepare(
      "SELECT " + std::string(kColumns) +
      " FROM queue WHERE ?1 OR state IN ('waiting', 'taken') ORDER BY priority DESC, id"));
  rows.bind(1, std::int64_t{all});
  std::vector<QueueEntry> entries;
  while (TRY(rows.step())) entries.push_back(entry_of(rows));
  return entries;
}

}  // namespace suture
