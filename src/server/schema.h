// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "database/migration.h"

namespace suture::server {

/// "SUTU", in the header of the file: keeps us from writing into another program's file.
inline constexpr std::int64_t kApplicationId = 0x53555455;

/// Brings the database to this program's schema, one committed step at a time. "store.foreign" for another
/// program's file, "store.newer" for a later schema.
Result<void> migrate(sql::Database& database);

/// Its steps, for those who put a database together in another way.
const sql::Schema& fleet_schema();

}  // namespace suture::server
