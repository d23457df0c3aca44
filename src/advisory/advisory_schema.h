// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "database/database.h"

namespace suture {

/// Brings the database to this program's schema, one committed step at a time; PRAGMA user_version counts
/// the steps that are done. "store.foreign" for another program's file, "store.newer" for a later schema.
Result<void> migrate_advisories(sql::Database& database);

}  // namespace suture
