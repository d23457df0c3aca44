// SPDX-License-Identifier: Apache-2.0
//
// PostgreSQL behind the face of database/database.h. Each Database here is a view on one pool of connections:
// a statement that is run by itself uses any of them, a transaction one of them until it ends. Threads need
// not take turns (sql::Turns): each has its own transaction, and its own values and rows of a statement.
#pragma once

#include <memory>

#include "database/database.h"
#include "postgresql/pool.h"

namespace suture::postgresql {

/// Nothing is connected yet.
sql::Database open(std::shared_ptr<Pool> pool);

}  // namespace suture::postgresql
