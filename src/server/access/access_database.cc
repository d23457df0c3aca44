// SPDX-License-Identifier: Apache-2.0
#include "server/access/access_database.h"

namespace suture::server {

Result<sql::Database> open_access_database(const FleetDatabase& where, StoreLimits limits) {
  auto database = TRY(where.open(limits.database_pages));
  if (!where.is_shared()) TRY(database.execute("PRAGMA synchronous = FULL"));
  return database;
}

}  // namespace suture::server
