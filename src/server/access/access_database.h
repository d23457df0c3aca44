// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "database/database.h"
#include "server/fleet/store.h"
#include "server/fleet_database.h"

namespace suture::server {

/// A connection of its own to the fleet's database, for what must outlive a power cut once it was said to be
/// done: tokens, users, sessions and the audit log.
Result<sql::Database> open_access_database(const FleetDatabase& where, StoreLimits limits = {});

}  // namespace suture::server
