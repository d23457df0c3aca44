// SPDX-License-Identifier: Apache-2.0
//
// How far work in the background has come, for all servers on the database.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "database/database.h"

namespace suture::server {

/// Nothing when the work was never done. Within a transaction of the caller's, like the other.
Result<std::optional<std::string>> mark_of(sql::Database& database, std::string_view name);
Result<void> set_mark(sql::Database& database, std::string_view name, std::string_view value);

}  // namespace suture::server
