// SPDX-License-Identifier: Apache-2.0
//
// Hosts that fall silent. One is told once, when nothing was heard of it for the given time; its next report
// ends that. Several servers may look: how far the times have been gone through is in the database, and moves
// in the transaction that tells.
//
// A fleet is not silent because its server was away: after a time in which no server looked, hosts get half
// of the given time to report before any is told.
#pragma once

#include <chrono>

#include "database/database.h"

namespace suture::server {

struct SilenceRules {
  std::chrono::seconds after = std::chrono::hours(12);
  /// Servers look more often than this; a longer gap means that none was there.
  std::chrono::seconds gap = std::chrono::minutes(10);
};

using SystemTime = std::chrono::system_clock::time_point;

/// Tells of at most `most` hosts, and says of how many: as long as it is `most`, there may be more. Within a
/// transaction of the caller's.
Result<std::int64_t> tell_silent(sql::Database& database, const SilenceRules& rules, SystemTime now,
                                 std::int64_t most = 1000);

}  // namespace suture::server
