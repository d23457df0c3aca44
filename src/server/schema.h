// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "database/database.h"

namespace suture::server {

/// "SUTU", in the header of the file: keeps us from writing into another program's file.
inline constexpr std::int64_t kApplicationId = 0x53555455;

/// Brings the database to this program's schema, one committed step at a time; PRAGMA user_version counts
/// the steps that are done. "store.foreign" for another program's file, "store.newer" for a later schema.
Result<void> migrate(sqlite::Database& database);

}  // namespace suture::server
