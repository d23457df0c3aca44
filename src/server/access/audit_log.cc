// SPDX-License-Identifier: Apache-2.0
#include "server/access/audit_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/hash.h"
#include "base/utf8.h"

namespace suture::server {
namespace {

constexpr std::size_t kMostField = 512;
constexpr std::int64_t kRowsAtOnce = 1000;

std::unexpected<Error> broken(std::string why) {
  return fail("access.audit-broken", "verify the audit log", std::move(why),
              "somebody has changed the database's file; compare it with a backup");
}

std::string bounded(std::string_view text) {
  std::string out;
  for (std::string_view left = text; !left.empty();) {
    const auto letter = first_letter(left);
    const std::size_t length = std::max<std::size_t>(letter.length, 1);
    const auto piece = letter.length == 0 ? kReplacementLetter : left.substr(0, length);
    if (out.size() + piece.size() > kMostField) break;
    out += piece;
    left.remove_prefix(length);
  }
  return out;
}

Result<AuditMark> last_entry(sql::Database& database) {
  auto last = TRY(database.prepare("SELECT number, hash FROM audit_log ORDER BY number DESC LIMIT 1"));
  if (!TRY(last.step())) return AuditMark{};
  return AuditMark{last.number(0), last.text(1)};
}

/// That no entry was written beyond the last one. SQLite keeps a count of its own, too.
Result<void> check_end(sql::Database& database, const AuditMark& last) {
  auto given = TRY(database.integer("SELECT coalesce(max(number), 0) FROM audit_end"));
  if (given == last.number && database.dialect() == sql::Dialect::kSqlite) {
    given = TRY(database.integer(
        "SELECT coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = 'audit_log'), 0)"));
  }
  if (given == last.number) return {};
  return broken(fmt::format("it ends with entry {}, but entry {} was written", last.number, given));
}

}  // namespace

Result<AuditMark> parse_audit_mark(std::string_view text) {
  const auto colon = text.find(':');
  AuditMark mark;
  const auto [end, wrong] =
      std::from_chars(text.data(), text.data() + std::min(colon, text.size()), mark.number);
  if (colon == text.npos || wrong != std::errc{} || end != text.data() + colon || mark.number < 1 ||
      !is_sha256_hex(text.substr(colon + 1))) {
    return fail("access.audit-mark", "read the mark of an entry", "it is not a number, a colon and a hash",
                "it is what --verify printed");
  }
  mark.hash = text.substr(colon + 1);
  return mark;
}

std::string text_of(const AuditMark& mark) {
  return fmt::format("{}:{}", mark.number, mark.hash);
}

std::string audit_hash(std::string_view before, const AuditEntry& entry) {
  std::string text;
  const auto add = [&](std::string_view field) { text += fmt::format("{}:{}", field.size(), field); };
  add(before);
  add(std::to_string(entry.number));
  add(entry.time);
  add(entry.event.who);
  add(entry.event.action);
  add(entry.event.object);
  add(entry.event.result);
  return sha256_hex(as_bytes(text));
}

Result<void> append_audit(sql::Database& database, AuditEvent event, std::string_view time) {
  for (std::string* field : {&event.who, &event.action, &event.object, &event.result}) {
    *field = bounded(*field);
  }
  const AuditMark before = TRY(last_entry(database));
  AuditEntry entry{.number = before.number + 1, .time = std::string(time), .event = std::move(event)};
  entry.hash = audit_hash(before.hash, entry);
  auto insert =
      TRY(database.prepare("INSERT INTO audit_log (number, time, who, action, object, result, hash)"
                           " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"));
  TRY(insert.bind(1, entry.number)
          .bind(2, entry.time)
          .bind(3, entry.event.who)
          .bind(4, entry.event.action)
          .bind(5, entry.event.object)
          .bind(6, entry.event.result)
          .bind(7, entry.hash)
          .run());
  auto end =
      TRY(database.prepare("INSERT INTO audit_end (one, number) VALUES (1, ?1)"
                           " ON CONFLICT (one) DO UPDATE SET number = excluded.number"));
  return end.bind(1, entry.number).run();
}

Result<AuditMark> verify_audit(sql::Database& database, const std::optional<AuditMark>& known) {
  auto rows =
      TRY(database.prepare("SELECT number, time, who, action, object, result, hash FROM audit_log"
                           " WHERE number > ?1 ORDER BY number LIMIT ?2"));
  AuditMark last;
  bool met = !known;
  std::int64_t after = INT64_MIN;
  // Some at a time, since PostgreSQL hands over all rows of an answer at once.
  for (bool more = true; more;) {
    sql::ResetOnExit reset_on_exit(rows);
    rows.bind(1, after).bind(2, kRowsAtOnce);
    more = false;
    while (TRY(rows.step())) {
      const AuditEntry entry{.number = rows.number(0),
                             .time = rows.text(1),
                             .event = {rows.text(2), rows.text(3), rows.text(4), rows.text(5)},
                             .hash = rows.text(6)};
      if (entry.number != last.number + 1) {
        return broken(fmt::format("entry {} is missing", last.number + 1));
      }
      if (entry.hash != audit_hash(last.hash, entry)) {
        return broken(fmt::format("entry {} is not as it was written", entry.number));
      }
      last = {entry.number, entry.hash};
      met = met || last == *known;
      after = last.number;
      more = true;
    }
  }
  TRY(check_end(database, last));
  if (!met) return broken(fmt::format("entry {} is not the one that was noted", known->number));
  return last;
}

}  // namespace suture::server
