// SPDX-License-Identifier: Apache-2.0
//
// A fleet on a real database, with a clock of the test's, and rollouts for it.
#pragma once

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "database.h"
#include "fleet.h"
#include "server/fleet/events.h"
#include "server/rollout/explain.h"
#include "server/rollout/progress.h"
#include "server/rollout/rollout_store.h"

namespace suture::server {

inline const std::string kKernel = "0123456789012345678901234567890123456789";

/// Two waves, the first of one tenth, with gates that a few hosts can pass.
inline Course two_waves() {
  Gates gates{.min_reports = 2, .max_failed = 2'000, .max_stalled = 2'000, .max_reverted = 2'000};
  gates.silent_after = std::chrono::hours(2);
  return {.waves = {Wave{.hosts = {.share = 1'000}, .soak = std::chrono::hours(1), .gates = gates},
                    Wave{.soak = std::chrono::hours(1), .gates = gates}}};
}

class SteeredFleet : public testing::Test {
 protected:
  static void SetUpTestSuite() { spdlog::set_level(spdlog::level::off); }

  static RolloutOrder order(Course course, TargetLevels levels = {{kKernel, {.level = 3, .before = 2}}}) {
    return {.channel = "stable", .course = std::move(course), .levels = std::move(levels)};
  }
  Rollout make(Course course) {
    const auto made = rollouts_.make(order(std::move(course)), {"token 1 maker", "maker"}, now_);
    EXPECT_TRUE(made) << made.error().message();
    return **made;
  }
  Rollout rollout(std::int64_t id = 1) { return **rollouts_.rollout(id); }
  std::string state(std::int64_t id = 1) { return std::string(name_of(rollout(id).state)); }
  std::string code(std::int64_t id = 1) { return rollout(id).reason.code; }

  void report(unsigned number, std::uint32_t level, HostState host_state = HostState::kApplied,
              const std::string& error = {}, const std::string& boot = {}, std::uint64_t uptime = 1'000'000) {
    HostReport report = report_of(number, host_state);
    report.level = level;
    report.uptime_seconds = uptime;
    if (!boot.empty()) report.boot_id = boot;
    if (!error.empty()) report.error = ReportedError{error, "as the test says"};
    const auto added = fleet_.add(report, now_);
    ASSERT_TRUE(added) << added.error().message();
  }
  void report_all(unsigned hosts, std::uint32_t level) {
    for (unsigned i = 0; i < hosts; ++i) report(i, level);
  }
  PlanIndex index() {
    RolloutMoment moment;
    auto channels = *rollouts_.governed(moment);
    auto member = *rollouts_.membership(channels);
    return {std::move(channels), std::move(member)};
  }
  std::optional<Plan> plan(unsigned number, std::uint32_t level, const std::string& build_id = kKernel) {
    return index().plan(
        {.host_id = host_id(number), .channel = "stable", .build_id = build_id, .level = level});
  }
  /// Who may have the level that they do not have yet.
  std::vector<unsigned> in_waves(unsigned hosts, std::uint32_t level = 3) {
    std::vector<unsigned> in;
    for (unsigned i = 0; i < hosts; ++i) {
      if (plan(i, 2)->level == level) in.push_back(i);
    }
    return in;
  }
  Progress runner(RolloutStore& rollouts, Store& fleet) {
    return Progress({.rollouts = rollouts,
                     .fleet = fleet,
                     .membership = [this] { return index().membership(); },
                     .ask_metric = [this](const MetricGate&, const Rollout&) { return metric_; }},
                    {.examine = std::chrono::seconds(0), .rest = 0});
  }
  bool tick() {
    const auto done = progress_.tick(now_);
    EXPECT_TRUE(done) << done.error().message();
    return done.value_or(false);
  }
  void wait(std::chrono::seconds time) { now_ += time; }
  std::vector<std::string> event_kinds() {
    std::vector<std::string> kinds;
    const auto page =
        fleet_.read([](sql::Database& database) { return find_events(database, {.after = 0}); });
    for (const Event& event : page->items) {
      if (event.what.kind.starts_with("rollout.")) kinds.push_back(event.what.kind.substr(8));
    }
    return kinds;
  }

  NewDatabase database_;
  Time now_{std::chrono::seconds(1'800'000'000)};
  Store fleet_ = *Store::open(database_);
  RolloutStore rollouts_ = *RolloutStore::open(database_);
  Judgement metric_{Verdict::kPass, {}};
  Progress progress_ = runner(rollouts_, fleet_);
};

}  // namespace suture::server
