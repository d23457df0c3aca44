// SPDX-License-Identifier: Apache-2.0
#include "server/notify/outbox.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "base/time.h"
#include "server/access/audit_log.h"
#include "server/notify/webhook_signature.h"

namespace suture::server {
namespace {

constexpr std::uint32_t kEventsAtOnce = 1000;
/// Of which one message is made at most; what is left is in the next.
constexpr std::int64_t kMostGathered = 100'000;
constexpr std::size_t kMostError = 512;
constexpr std::uint32_t kMostReceivers = 1000;

constexpr const char* kReceiverColumns =
    "id, name, way, address, secret, kinds, severity, group_name, interval_seconds, created_at, cursor, "
    "gathered_at";

// One receiver is told by one server at a time, and the claims of servers that died run out.
constexpr const char* kDue = R"sql(
  SELECT number, attempts, message, receiver_id FROM notification_outbox AS one
  WHERE state = 'waiting' AND next_at <= ?1 AND claimed_until <= ?1 AND NOT EXISTS (
    SELECT 1 FROM notification_outbox AS other
    WHERE other.receiver_id = one.receiver_id AND other.state = 'waiting' AND other.claimed_until > ?1)
  ORDER BY next_at, number LIMIT 1
)sql";

Receiver read_receiver(const sql::Statement& row) {
  Receiver receiver{.id = row.number(0),
                    .what = {.name = row.text(1),
                             .way = row.text(2) == name_of(Way::kMail) ? Way::kMail : Way::kWebhook,
                             .kinds = words_of(row.text(5)),
                             .severity = severity_from_name(row.text(6)).value_or(Severity::kInfo),
                             .group = row.text(7),
                             .interval = std::chrono::seconds(row.number(8))},
                    .secret = row.text(4),
                    .created_at = row.text(9),
                    .cursor = row.number(10),
                    .gathered_at = row.text(11)};
  if (receiver.what.way == Way::kMail) {
    receiver.what.to = words_of(row.text(3));
  } else {
    receiver.what.url = row.text(3);
  }
  return receiver;
}

std::string object_of(const Receiver& receiver) {
  return fmt::format("receiver {} {}", receiver.id, receiver.what.name);
}

std::string stored(const Message& message) {
  return to_json(message).dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Whether an event is about one of a group's hosts, or about none.
class GroupFilter {
 public:
  static Result<GroupFilter> prepare(sql::Database& database, std::string group) {
    auto find = TRY(database.prepare("SELECT 1 FROM group_hosts WHERE name = ?1 AND host_id = ?2"));
    return GroupFilter(std::move(find), std::move(group));
  }
  Result<bool> lets(const std::string& host_id) {
    if (group_.empty() || host_id.empty()) return true;
    sql::ResetOnExit reset_on_exit(find_);
    return find_.bind(1, group_).bind(2, host_id).step();
  }

 private:
  GroupFilter(sql::Statement find, std::string group) : find_(std::move(find)), group_(std::move(group)) {}
  sql::Statement find_;
  std::string group_;
};

/// A receiver that was told lately is told again when its interval is over.
bool is_over(const std::string& last, std::chrono::seconds interval, Store::Time now) {
  const auto time = parse_time(last);
  return !time || *time > now || now - *time >= interval;
}

}  // namespace

Result<Outbox> Outbox::open(const FleetDatabase& where, StoreLimits limits, OutboxTimes times,
                            FleetName fleet) {
  auto database = TRY(where.open(limits.database_pages));
  // What was acknowledged here must outlive a power cut: a webhook's secret is shown only once.
  if (!where.is_shared()) TRY(database.execute("PRAGMA synchronous = FULL"));
  return Outbox(std::move(database), std::move(times), std::move(fleet));
}

Result<std::vector<Receiver>> Outbox::read_receivers(std::string_view rest, std::int64_t value,
                                                     std::int64_t limit) {
  auto statement =
      TRY(database_.prepare(fmt::format("SELECT {} FROM notification_receivers {}", kReceiverColumns, rest)));
  statement.bind(1, value).bind(2, limit);
  std::vector<Receiver> receivers;
  while (TRY(statement.step())) receivers.push_back(read_receiver(statement));
  return receivers;
}

Result<std::optional<Receiver>> Outbox::receiver(std::int64_t id) {
  const std::lock_guard lock(*turn_);
  auto found = TRY(read_receivers("WHERE id = ?1 LIMIT ?2", id, 1));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

Result<Page<Receiver>> Outbox::receivers(std::int64_t after, std::uint32_t limit) {
  const std::lock_guard lock(*turn_);
  Page<Receiver> page;
  page.items = TRY(read_receivers("WHERE id > ?1 ORDER BY id LIMIT ?2", after, std::int64_t{limit} + 1));
  page.more = page.items.size() > limit;
  if (page.more) page.items.pop_back();
  return page;
}

Result<AddedReceiver> Outbox::add(const NewReceiver& wanted, std::string_view who, Store::Time now) {
  AddedReceiver added{.receiver = {.what = wanted, .created_at = rfc3339(now)}};
  if (wanted.way == Way::kWebhook) added.receiver.secret = added.secret = TRY(new_webhook_secret());
  const std::string address = wanted.way == Way::kMail ? words_text(wanted.to) : wanted.url;
  const std::string kinds = words_text(wanted.kinds);
  const std::lock_guard lock(*turn_);
  auto transaction = TRY(sql::Transaction::begin(database_));
  auto named = TRY(database_.prepare("SELECT id FROM notification_receivers WHERE name = ?1"));
  if (TRY(named.bind(1, wanted.name).step())) {
    return fail("notify.exists", "make a receiver", "there is one named " + wanted.name,
                "remove it, or take another name");
  }
  named.reset();
  added.receiver.cursor = TRY(database_.integer("SELECT coalesce(max(id), 0) FROM events"));
  auto put = TRY(database_.prepare(
      "INSERT INTO notification_receivers (name, way, address, secret, kinds, severity, group_name, "
      "interval_seconds, created_at, cursor, gathered_at) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, '')"));
  TRY(put.bind(1, wanted.name)
          .bind(2, name_of(wanted.way))
          .bind(3, address)
          .bind(4, added.secret)
          .bind(5, kinds)
          .bind(6, name_of(wanted.severity))
          .bind(7, wanted.group)
          .bind(8, wanted.interval.count())
          .bind(9, added.receiver.created_at)
          .bind(10, added.receiver.cursor)
          .run());
  // Never one that another receiver had before: the audit log names it.
  TRY(named.bind(1, wanted.name).step());
  added.receiver.id = named.number(0);
  named.reset();
  TRY(append_audit(database_, {std::string(who), "notify.add", object_of(added.receiver), "ok"},
                   added.receiver.created_at));
  TRY(transaction.commit());
  return added;
}

Result<std::optional<Receiver>> Outbox::remove(std::int64_t id, std::string_view who, Store::Time now) {
  const std::lock_guard lock(*turn_);
  auto transaction = TRY(sql::Transaction::begin(database_));
  auto found = TRY(read_receivers("WHERE id = ?1 LIMIT ?2", id, 1));
  if (found.empty()) return std::nullopt;
  auto drop = TRY(database_.prepare("DELETE FROM notification_receivers WHERE id = ?1"));
  TRY(drop.bind(1, id).run());
  TRY(append_audit(database_, {std::string(who), "notify.remove", object_of(found.front()), "ok"},
                   rfc3339(now)));
  TRY(transaction.commit());
  return std::move(found.front());
}

Result<Page<OutboxRow>> Outbox::messages(std::int64_t receiver, std::string_view state, std::int64_t before,
                                         std::uint32_t limit) {
  const std::lock_guard lock(*turn_);
  auto row = TRY(database_.prepare(
      "SELECT number, id, created_at, state, attempts, next_at, error, ended_at FROM notification_outbox "
      "WHERE receiver_id = ?1 AND number < ?2 AND (?3 = '' OR state = ?3) ORDER BY number DESC LIMIT ?4"));
  row.bind(1, receiver).bind(2, before).bind(3, state).bind(4, std::int64_t{limit} + 1);
  Page<OutboxRow> page;
  while (TRY(row.step())) {
    if (page.items.size() == limit) {
      page.more = true;
      break;
    }
    page.items.push_back({.number = row.number(0),
                          .id = row.text(1),
                          .created_at = row.text(2),
                          .state = row.text(3),
                          .attempts = row.number(4),
                          .next_at = row.text(5),
                          .error = row.text(6),
                          .ended_at = row.text(7)});
  }
  return page;
}

Result<OutboxCounts> Outbox::counts(std::int64_t receiver) {
  const std::lock_guard lock(*turn_);
  auto row =
      TRY(database_.prepare("SELECT state, count(*) FROM notification_outbox WHERE receiver_id = ?1 AND "
                            "state <> 'sent' GROUP BY state"));
  row.bind(1, receiver);
  OutboxCounts counts;
  while (TRY(row.step())) (row.text(0) == "dead" ? counts.dead : counts.waiting) = row.number(1);
  return counts;
}

Result<void> Outbox::put(const Receiver& receiver, const Message& message, Store::Time now) {
  const std::string text = stored(message);
  const std::string time = rfc3339(now);
  auto statement = TRY(database_.prepare(
      "INSERT INTO notification_outbox (id, receiver_id, created_at, message, state, attempts, next_at, "
      "claim, "
      "claimed_until, error, ended_at) VALUES (?1, ?2, ?3, ?4, 'waiting', 0, ?3, '', '', '', '')"));
  return statement.bind(1, message.id).bind(2, receiver.id).bind(3, time).bind(4, text).run();
}

Result<std::string> Outbox::put_test(const Receiver& receiver, std::string_view who, Store::Time now) {
  const Message message{
      .id = TRY(new_message_id()), .time = rfc3339(now), .fleet = fleet_.name, .link = fleet_.link};
  const std::lock_guard lock(*turn_);
  auto transaction = TRY(sql::Transaction::begin(database_));
  TRY(put(receiver, message, now));
  TRY(append_audit(database_, {std::string(who), "notify.test", object_of(receiver), "ok"}, message.time));
  TRY(transaction.commit());
  return message.id;
}

Result<std::int64_t> Outbox::revive(const Receiver& receiver, std::string_view who, Store::Time now) {
  const std::string time = rfc3339(now);
  const std::lock_guard lock(*turn_);
  auto transaction = TRY(sql::Transaction::begin(database_));
  auto statement = TRY(database_.prepare(
      "UPDATE notification_outbox SET state = 'waiting', attempts = 0, next_at = ?2, claim = '', "
      "claimed_until = '', ended_at = '' WHERE receiver_id = ?1 AND state = 'dead'"));
  TRY(statement.bind(1, receiver.id).bind(2, time).run());
  const std::int64_t revived = database_.rows_changed();
  TRY(append_audit(database_, {std::string(who), "notify.retry", object_of(receiver), "ok"}, time));
  TRY(transaction.commit());
  return revived;
}

Result<std::int64_t> Outbox::gather(Store::Time now) {
  const std::lock_guard lock(*turn_);
  const std::int64_t newest = TRY(database_.integer("SELECT coalesce(max(id), 0) FROM events"));
  const auto receivers =
      TRY(read_receivers("WHERE cursor < ?1 ORDER BY id LIMIT ?2", newest, kMostReceivers));
  std::int64_t made = 0;
  for (const Receiver& receiver : receivers) {
    const bool due = TRY(is_due(receiver, now));
    if (due && TRY(gather_for(receiver, now))) ++made;
  }
  return made;
}

Result<bool> Outbox::is_due(const Receiver& receiver, Store::Time now) {
  if (is_over(receiver.gathered_at, receiver.what.interval, now)) return true;
  if (!is_over(receiver.gathered_at, times_.critical, now)) return false;
  auto critical =
      TRY(database_.prepare("SELECT id FROM events WHERE severity = 'critical' AND id > ?1 LIMIT 1"));
  return TRY(critical.bind(1, receiver.cursor).step());
}

Result<bool> Outbox::gather_for(const Receiver& known, Store::Time now) {
  const std::string settled = rfc3339(now - times_.settle);
  const std::string complete = rfc3339(now - times_.lag);
  auto transaction = TRY(sql::Transaction::begin(database_));
  // Another server may have told it meanwhile.
  const auto found = TRY(read_receivers("WHERE id = ?1 LIMIT ?2", known.id, 1));
  if (found.empty() || found.front().cursor != known.cursor) return false;
  const Receiver& receiver = found.front();
  Message message{
      .id = TRY(new_message_id()), .time = rfc3339(now), .fleet = fleet_.name, .link = fleet_.link};
  auto filter = TRY(GroupFilter::prepare(database_, receiver.what.group));
  std::int64_t cursor = receiver.cursor;
  for (bool more = true; more && cursor - receiver.cursor < kMostGathered;) {
    const auto page = TRY(find_events(database_, {.after = cursor, .limit = kEventsAtOnce}));
    more = page.more;
    for (const Event& event : page.items) {
      const bool wanted = is_wanted(receiver.what, event.what) && TRY(filter.lets(event.what.host_id));
      const bool too_young = message.count == 0 && wanted && event.time > settled;
      if (event.time > complete || too_young) {
        more = false;
        break;
      }
      cursor = event.id;
      if (wanted) message.add(event);
    }
  }
  if (cursor == receiver.cursor) return false;
  const std::string& gathered_at = message.count > 0 ? message.time : receiver.gathered_at;
  if (message.count > 0) TRY(put(receiver, message, now));
  auto move =
      TRY(database_.prepare("UPDATE notification_receivers SET cursor = ?2, gathered_at = ?3 WHERE id = ?1"));
  TRY(move.bind(1, receiver.id).bind(2, cursor).bind(3, gathered_at).run());
  TRY(transaction.commit());
  return message.count > 0;
}

Result<std::optional<Claimed>> Outbox::claim(Store::Time now) {
  const std::string time = rfc3339(now);
  const std::lock_guard lock(*turn_);
  auto due = TRY(database_.prepare(kDue));
  // First without keeping anybody else waiting.
  const bool any = TRY(due.bind(1, time).step());
  due.reset();
  if (!any) return std::nullopt;
  auto transaction = TRY(sql::Transaction::begin(database_));
  if (!TRY(due.bind(1, time).step())) return std::nullopt;
  Claimed claimed{.number = due.number(0),
                  .claim = TRY(new_message_id()),
                  .attempt = due.number(1) + 1,
                  .message = due.text(2)};
  auto receivers = TRY(read_receivers("WHERE id = ?1 LIMIT ?2", due.number(3), 1));
  due.reset();
  if (receivers.empty()) return std::nullopt;
  claimed.receiver = std::move(receivers.front());
  const std::string until = rfc3339(now + times_.claim);
  auto take = TRY(database_.prepare(
      "UPDATE notification_outbox SET claim = ?2, claimed_until = ?3, attempts = ?4 WHERE number = ?1"));
  TRY(take.bind(1, claimed.number).bind(2, claimed.claim).bind(3, until).bind(4, claimed.attempt).run());
  TRY(transaction.commit());
  return claimed;
}

Result<bool> Outbox::finish(const Claimed& claimed, std::string_view error, bool give_up, Store::Time now) {
  const auto tries = static_cast<std::size_t>(claimed.attempt);
  const bool dead = !error.empty() && (give_up || tries > times_.retries.size());
  const std::string_view state = error.empty() ? "sent" : dead ? "dead" : "waiting";
  const std::string time = rfc3339(now);
  const std::string next =
      state == "waiting" ? rfc3339(now + times_.retries.at(tries - 1)) : std::string(time);
  const std::string_view ended = state == "waiting" ? "" : std::string_view(time);
  const std::lock_guard lock(*turn_);
  auto statement = TRY(database_.prepare(
      "UPDATE notification_outbox SET state = ?3, next_at = ?4, claim = '', claimed_until = '', error = ?5, "
      "ended_at = ?6 WHERE number = ?1 AND claim = ?2"));
  TRY(statement.bind(1, claimed.number)
          .bind(2, claimed.claim)
          .bind(3, state)
          .bind(4, next)
          .bind(5, error.substr(0, kMostError))
          .bind(6, ended)
          .run());
  return database_.rows_changed() > 0;
}

Result<void> Outbox::clean(Store::Time now) {
  const std::string before = rfc3339(now - times_.kept);
  const std::lock_guard lock(*turn_);
  auto statement = TRY(
      database_.prepare("DELETE FROM notification_outbox WHERE state IN ('sent', 'dead') AND ended_at < ?1"));
  return statement.bind(1, before).run();
}

}  // namespace suture::server
