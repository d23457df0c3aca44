// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/events.h"

#include <array>

#include "base/json.h"
#include "base/utf8.h"
#include "server/fleet/conditions.h"

namespace suture::server {
namespace {

constexpr std::size_t kMostField = 512;
constexpr std::array kSeverities{Severity::kInfo, Severity::kWarning, Severity::kCritical};

std::string bounded(std::string_view text) {
  return as_utf8(text.substr(0, kMostField));
}

Event read_event(const sql::Statement& row) {
  // One that a later program wrote is not to be overlooked.
  const auto severity = severity_from_name(row.text(6));
  return {.id = row.number(0),
          .time = row.text(1),
          .what = {.kind = row.text(2),
                   .host_id = row.text(3),
                   .subject = row.text(4),
                   .text = row.text(5),
                   .severity = severity.value_or(Severity::kCritical)}};
}

/// One condition's index is walked; the others are looked at row by row.
Conditions conditions_of(const EventQuery& query) {
  Conditions conditions;
  if (query.after) {
    conditions.add("id > ?", {*query.after});
  } else {
    conditions.add("id < ?", {query.before});
  }
  if (!query.host_id.empty()) conditions.add("host_id = ?", {query.host_id});
  if (!query.kind.empty()) conditions.add("kind = ?", {query.kind});
  if (query.severity) conditions.add("severity = ?", {std::string(name_of(*query.severity))});
  conditions.append(query.after ? " ORDER BY id LIMIT ?" : " ORDER BY id DESC LIMIT ?",
                    {std::int64_t{query.limit} + 1});
  return conditions;
}

}  // namespace

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return "info";
    case Severity::kWarning:
      return "warning";
    case Severity::kCritical:
      return "critical";
  }
  return "";
}

Result<Severity> severity_from_name(std::string_view name) {
  for (const Severity severity : kSeverities) {
    if (name == name_of(severity)) return severity;
  }
  return fail("request.parameter", "read a severity", "it is none of info, warning, critical");
}

Result<void> append_event(sql::Database& database, const NewEvent& event, std::string_view time) {
  // Who follows the events must not see one before another that has a lower id.
  TRY(database.hold("events"));
  auto put =
      TRY(database.prepare("INSERT INTO events (time, kind, severity, host_id, subject, text)"
                           " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"));
  const std::string subject = bounded(event.subject);
  const std::string text = bounded(event.text);
  return put.bind(1, time)
      .bind(2, event.kind)
      .bind(3, name_of(event.severity))
      .bind(4, event.host_id)
      .bind(5, subject)
      .bind(6, text)
      .run();
}

Result<void> drop_old_events(sql::Database& database, std::int64_t kept) {
  auto drop = TRY(database.prepare("DELETE FROM events WHERE id <= (SELECT max(id) FROM events) - ?1"));
  return drop.bind(1, kept).run();
}

Result<EventPage> find_events(sql::Database& database, const EventQuery& query) {
  const Conditions conditions = conditions_of(query);
  auto rows = TRY(database.prepare("SELECT id, time, kind, host_id, subject, text, severity FROM events" +
                                   conditions.sql()));
  conditions.bind(rows);
  EventPage page;
  while (TRY(rows.step())) {
    if (page.items.size() == query.limit) {
      page.more = true;
      break;
    }
    page.items.push_back(read_event(rows));
  }
  return page;
}

Json to_json(const Event& event) {
  Json host = nullptr;
  if (!event.what.host_id.empty()) host = event.what.host_id;
  return {{"id", event.id},
          {"time", event.time},
          {"kind", event.what.kind},
          {"severity", name_of(event.what.severity)},
          {"host_id", std::move(host)},
          {"subject", event.what.subject},
          {"text", event.what.text}};
}

}  // namespace suture::server
