// SPDX-License-Identifier: Apache-2.0
//
// Brings a file of SQLite's to a program's schema.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "database/database.h"

namespace suture::sqlite {

struct Schema {
  std::string_view what;        ///< in errors: "the database"
  std::string_view program;     ///< that may have written a newer one: "suture-server"
  std::string_view option;      ///< by which another file is named: "--database"
  std::int64_t application_id;  ///< in the file's header: keeps us from writing into another program's file
  /// Each takes the schema one version further. Never changed once released: files that went through the old
  /// text are out there.
  std::span<const char* const> steps;
};

/// One committed step at a time; PRAGMA user_version counts those that are done. Another program may be at
/// it, too. "store.foreign" for another program's file, "store.newer" for a later schema.
Result<void> migrate(Database& database, const Schema& schema);

}  // namespace suture::sqlite
