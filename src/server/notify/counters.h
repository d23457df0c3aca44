// SPDX-License-Identifier: Apache-2.0
//
// What one server counts while it serves, for /metrics. A request costs a few relaxed additions, and no lock.
// Everything is bounded before it comes: by the route table, and by the statuses and reasons that are listed
// here, so nobody makes new series by what they ask for.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/metrics_text.h"
#include "server/notify/way.h"
#include "server/wire/http.h"

namespace suture::server {

class Counters {
 public:
  Counters();

  /// An answer is ready to be sent. Of a report, also what came of it. A wait for a call is counted, but not
  /// among the times.
  void answered(const Response& response, std::chrono::nanoseconds took);
  void delivered(Way way, bool sent);
  void database_failed() { add(database_errors_); }
  /// A connection was refused, since too many are open.
  void turned_away() { add(turned_away_); }

  /// Each number is one that was true at some moment; together they may be of several.
  void write(MetricsText& text) const;

  /// The last of each of these lists stands for all that is not in it.
  static constexpr std::array kStatuses{200, 201, 202, 204, 206, 302, 304, 400, 401, 403, 404,
                                        405, 409, 413, 415, 416, 422, 429, 431, 500, 503, 0};
  static constexpr std::array<std::string_view, 19> kReports{
      "taken",          "json.malformed",    "json.schema",        "json.too-large", "report.schema",
      "request.token",  "request.signature", "request.media-type", "access.expired", "access.revoked",
      "access.role",    "access.scope",      "access.throttled",   "host.unsigned",  "host.other-key",
      "host.signature", "host.replayed",     "host.clock",         "other"};
  static constexpr std::array kBuckets{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                       0.25,  0.5,    1.0,   2.5,  5.0,   10.0};

 private:
  using Number = std::atomic<std::uint64_t>;
  struct OfRoute {
    std::array<Number, kStatuses.size()> by_status{};
    std::array<Number, kBuckets.size() + 1> times{};
    Number nanoseconds{};
  };
  void reported(std::string_view code);
  static void add(Number& number, std::uint64_t count = 1) {
    number.fetch_add(count, std::memory_order_relaxed);
  }
  static std::int64_t value(const Number& number) {
    return static_cast<std::int64_t>(number.load(std::memory_order_relaxed));
  }
  void write_requests(MetricsText& text) const;
  void write_times(MetricsText& text) const;
  void write_reports(MetricsText& text) const;
  void write_deliveries(MetricsText& text) const;

  std::vector<OfRoute> routes_;  ///< as routes(); one more for requests that have none
  std::array<Number, kReports.size()> reports_{};
  std::array<std::array<Number, 2>, 2> deliveries_{};  ///< by way; then failed, sent
  Number database_errors_{};
  Number turned_away_{};
};

}  // namespace suture::server
