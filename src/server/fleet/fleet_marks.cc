// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/fleet_marks.h"

namespace suture::server {

Result<std::optional<std::string>> mark_of(sql::Database& database, std::string_view name) {
  auto row = TRY(database.prepare("SELECT value FROM fleet_marks WHERE name = ?1"));
  if (!TRY(row.bind(1, name).step())) return std::nullopt;
  return row.text(0);
}

Result<void> set_mark(sql::Database& database, std::string_view name, std::string_view value) {
  auto put =
      TRY(database.prepare("INSERT INTO fleet_marks (name, value) VALUES (?1, ?2)"
                           " ON CONFLICT (name) DO UPDATE SET value = excluded.value"));
  return put.bind(1, name).bind(2, value).run();
}

}  // namespace suture::server
