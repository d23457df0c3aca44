// SPDX-License-Identifier: Apache-2.0
//
// What the database says of the fleet, as gauges for /metrics. Counting a large fleet takes a moment, so it
// is done on a connection of its own, and not again within ten seconds however often somebody asks. Servers
// on one database all tell the same.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "base/metrics_text.h"
#include "database/database.h"
#include "server/fleet/exposure.h"
#include "server/fleet/store.h"

namespace suture::server {

inline constexpr std::chrono::seconds kGaugesAge{10};
/// Values of a label; the hosts of all others are "other". So nobody makes more by what they report.
inline constexpr std::size_t kMostSeries = 50;

class FleetGauges {
 public:
  /// As Store::open().
  static Result<FleetGauges> open(const FleetDatabase& where, StoreLimits limits = {});

  /// Families of samples, as of a time that is one of them. Safe to call from several threads.
  Result<std::string> text(Store::Time now, const Knowledge& knowledge = {});

 private:
  struct Statements {
    sql::Statement by_state, by_level, by_release, silent, audit, outbox;
  };
  FleetGauges(sql::Database database, Statements statements)
      : database_(std::move(database)), statements_(std::move(statements)) {}
  static Result<Statements> prepare(sql::Database& database);
  Result<std::string> read(Store::Time now, const Knowledge& knowledge);

  std::unique_ptr<std::mutex> turn_ = std::make_unique<std::mutex>();
  sql::Database database_;
  Statements statements_;
  Store::Time read_at_{};
  std::string text_{};
};

}  // namespace suture::server
