// SPDX-License-Identifier: Apache-2.0
//
// What commands on the server's own machine share.
#pragma once

#include <string>

#include "server/access/access_store.h"

namespace suture::server {

/// The person at the keyboard, for the audit log: "local root".
std::string local_user();
/// What root makes in the server's folder must be the server's: SQLite gives the files beside the database
/// to the database's owner, but nobody gives away the database.
Result<void> give_to_owner_of_folder(const std::filesystem::path& file);
/// Makes the database where there is none, as the server's that it will be.
Result<void> make_database(const FleetDatabase& database);
/// "access.database" where there is none. A PostgreSQL server tells that by itself.
Result<void> need_database(const FleetDatabase& database);

}  // namespace suture::server
