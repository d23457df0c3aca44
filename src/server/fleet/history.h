// SPDX-License-Identifier: Apache-2.0
//
// The fleet's numbers over time: one row an hour, by whichever server comes first, for 400 days.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "database/database.h"
#include "server/fleet/kinds.h"

namespace suture::server {

struct HistoryRow {
  std::string time{};  ///< the full hour, RFC 3339 in UTC
  std::int64_t hosts = 0;
  std::int64_t safe = 0;
  std::int64_t exposed = 0;
  std::int64_t unknown = 0;
  std::int64_t silent = 0;
  std::int64_t failed = 0;
  bool operator==(const HistoryRow&) const = default;
};

inline constexpr std::int64_t kMostHistoryDays = 400;

/// For the hour of `now`, unless it is there; drops what is too old. Within a transaction of the caller's.
Result<void> keep_history(sql::Database& database, const Knowledge& knowledge,
                          std::chrono::system_clock::time_point now);

/// Of the last days, oldest first: each hour for 7 days or fewer, else the last row of each day.
Result<std::vector<HistoryRow>> history_of(sql::Database& database, std::int64_t days,
                                           std::chrono::system_clock::time_point now);

}  // namespace suture::server
