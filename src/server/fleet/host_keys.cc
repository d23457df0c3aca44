// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/host_keys.h"

#include <algorithm>

#include "base/json.h"

namespace suture::server {
namespace {

/// Enough for as many machines with one disk's copy to come round.
constexpr std::size_t kMostBoots = 16;
constexpr std::int64_t kMostOthers = 16;

constexpr const char* kFind =
    "SELECT key, counter, registered_at, boots, cloned_at, clones FROM host_keys WHERE host_id = ?1";
// All three change a row or none, so that of two servers that take one report each, one takes it.
constexpr const char* kEnter = R"sql(
  INSERT INTO host_keys (host_id, key, counter, registered_at, boots, cloned_at, clones)
  VALUES (?1, ?2, ?3, ?4, ?5, '', '[]')
  ON CONFLICT (host_id) DO NOTHING
)sql";
constexpr const char* kCount =
    "UPDATE host_keys SET counter = ?3 WHERE host_id = ?1 AND key = ?2 AND counter < ?3";
constexpr const char* kMoveOn = R"sql(
  UPDATE host_keys SET counter = ?3, boots = ?4, cloned_at = ?5, clones = ?6
  WHERE host_id = ?1 AND key = ?2 AND counter < ?3
)sql";
constexpr const char* kOthers =
    "SELECT host_id FROM host_keys WHERE key = ?1 AND host_id <> ?2 ORDER BY host_id LIMIT ?3";

std::string text_of(const std::vector<SeenBoot>& boots) {
  Json json = Json::array();
  for (const SeenBoot& boot : boots) json.push_back(Json::array({boot.boot_id, boot.hostname}));
  return json.dump();
}

/// What was written by text_of(); a file that someone has edited is the only way to fail.
Result<std::vector<SeenBoot>> boots_of(const std::string& text) {
  const auto json = parse_json(text, "the boots of a host");
  std::vector<SeenBoot> boots;
  const bool list = json && json->is_array();
  for (const Json& each : list ? *json : Json::array()) {
    if (!each.is_array() || each.size() != 2 || !each[0].is_string() || !each[1].is_string()) break;
    boots.push_back({each[0].get<std::string>(), each[1].get<std::string>()});
  }
  if (list && boots.size() == json->size()) return boots;
  return fail("store.unavailable", "read a host's key", "its boots are not what was written");
}

}  // namespace

void note_boot(HostKeyRecord& record, const SeenBoot& boot, std::string_view now) {
  std::vector<SeenBoot>& boots = record.boots;
  if (!boots.empty() && boots.back() == boot) return;
  const auto earlier = std::ranges::find(boots, boot);
  if (earlier != boots.end()) {
    record.cloned_at = now;
    record.clones = {boots.back(), boot};
    boots.erase(earlier);
  }
  boots.push_back(boot);
  if (boots.size() > kMostBoots) boots.erase(boots.begin());
}

Result<HostKeys> HostKeys::prepare(sql::Database& database) {
  return HostKeys(Statements{.find = TRY(database.prepare(kFind)),
                             .enter = TRY(database.prepare(kEnter)),
                             .count = TRY(database.prepare(kCount)),
                             .move_on = TRY(database.prepare(kMoveOn)),
                             .others = TRY(database.prepare(kOthers)),
                             .forget = TRY(database.prepare("DELETE FROM host_keys WHERE host_id = ?1"))});
}

Result<Admission> HostKeys::admit(sql::Database& database, const HostReport& report, const Signer* signer,
                                  std::string_view now) {
  auto known = TRY(find_row(report.host_id));
  if (signer == nullptr) return known ? Admission::kUnsigned : Admission::kTaken;
  if (!known) return Admission::kFirst;
  if (known->key != signer->key) return Admission::kOtherKey;
  if (signer->counter <= known->counter) return Admission::kReplayed;
  const SeenBoot boot{report.boot_id, report.hostname};
  // The last one in the list, mostly: then there is nothing to read in it.
  const std::string last = text_of({boot}).substr(1);
  if (known->boots.ends_with(last)) {
    TRY(statements_.count.bind(1, report.host_id).bind(2, signer->key).bind(3, signer->counter).run());
  } else {
    TRY(move_on(report.host_id, *signer, TRY(record_of(*known)), boot, now));
  }
  return database.rows_changed() == 1 ? Admission::kTaken : Admission::kReplayed;
}

/// To another boot.
Result<void> HostKeys::move_on(std::string_view host_id, const Signer& signer, HostKeyRecord record,
                               const SeenBoot& boot, std::string_view now) {
  note_boot(record, boot, now);
  const std::string boots = text_of(record.boots);
  const std::string clones = text_of(record.clones);
  return statements_.move_on.bind(1, host_id)
      .bind(2, signer.key)
      .bind(3, signer.counter)
      .bind(4, boots)
      .bind(5, record.cloned_at)
      .bind(6, clones)
      .run();
}

Result<void> HostKeys::enter(sql::Database& database, const HostReport& report, const Signer& signer,
                             std::string_view now) {
  const std::string boots = text_of({{report.boot_id, report.hostname}});
  TRY(statements_.enter.bind(1, report.host_id)
          .bind(2, signer.key)
          .bind(3, signer.counter)
          .bind(4, now)
          .bind(5, boots)
          .run());
  if (database.rows_changed() == 1) return {};
  return fail("store.unavailable", "enter a host's key", "another server enters one at the same time");
}

Result<std::optional<HostKeys::Row>> HostKeys::find_row(std::string_view host_id) {
  sql::Statement& row = statements_.find;
  sql::ResetOnExit reset_on_exit(row);
  row.bind(1, host_id);
  if (!TRY(row.step())) return std::nullopt;
  return Row{row.text(0), row.number(1), row.text(2), row.text(3), row.text(4), row.text(5)};
}

Result<HostKeyRecord> HostKeys::record_of(const Row& row) {
  return HostKeyRecord{.key = row.key,
                       .counter = row.counter,
                       .registered_at = row.registered_at,
                       .boots = TRY(boots_of(row.boots)),
                       .cloned_at = row.cloned_at,
                       .clones = TRY(boots_of(row.clones))};
}

Result<std::optional<HostKeyRecord>> HostKeys::find(std::string_view host_id) {
  const auto row = TRY(find_row(host_id));
  if (!row) return std::nullopt;
  return TRY(record_of(*row));
}

Result<std::vector<std::string>> HostKeys::others_with(std::string_view key, std::string_view host_id) {
  sql::ResetOnExit reset_on_exit(statements_.others);
  statements_.others.bind(1, key).bind(2, host_id).bind(3, kMostOthers);
  std::vector<std::string> others;
  while (TRY(statements_.others.step())) others.push_back(statements_.others.text(0));
  return others;
}

Result<bool> HostKeys::forget(sql::Database& database, std::string_view host_id) {
  TRY(statements_.forget.bind(1, host_id).run());
  return database.rows_changed() > 0;
}

}  // namespace suture::server
