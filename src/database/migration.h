// SPDX-License-Identifier: Apache-2.0
//
// Brings a database to a program's schema.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "database/database.h"

namespace suture::sql {

struct Schema {
  std::string_view what;        ///< in errors: "the database"
  std::string_view program;     ///< that may have written a newer one: "suture-server"
  std::string_view option;      ///< by which another one is named: "--database"
  std::int64_t application_id;  ///< kept in it: keeps us from writing into another program's database
  /// Each takes the schema one version further. Never changed once released: databases that went through the
  /// old text are out there.
  std::span<const char* const> steps;
};

/// One committed step at a time; the database counts those that are done. Another program may be at it, too.
/// "store.foreign" for another program's database, "store.newer" for a later schema.
Result<void> migrate(Database& database, const Schema& schema);

/// Steps from the version that the database has to `version`, within the transaction of the caller.
Result<void> take_steps(Database& database, const Schema& schema, std::size_t version);

/// The two errors of migrate(), without changing anything.
Result<void> check_schema(Database& database, const Schema& schema);

}  // namespace suture::sql
