// SPDX-License-Identifier: Apache-2.0
#include "server/notify/fleet_gauges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "database.h"
#include "fleet.h"

namespace suture::server {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

const Store::Time kNow = std::chrono::sys_days{std::chrono::year{2027} / 1 / 15} + 8h;

class FleetGaugesTest : public testing::Test {
 protected:
  std::string text(Store::Time now) {
    auto read = gauges_.text(now);
    EXPECT_TRUE(read) << read.error().message();
    return read.value_or("");
  }

  NewDatabase database_;
  Store store_ = *Store::open(database_);
  FleetGauges gauges_ = *FleetGauges::open(database_);
};

TEST_F(FleetGaugesTest, CountsAtMostEveryTenSeconds) {
  EXPECT_THAT(text(kNow), Not(HasSubstr("suture_fleet_hosts{")));
  ASSERT_TRUE(store_.add(report_of(1), kNow));
  EXPECT_THAT(text(kNow + 9s), Not(HasSubstr("suture_fleet_hosts{")));
  EXPECT_THAT(text(kNow + 10s), HasSubstr("suture_fleet_hosts{state=\"applied\"} 1\n"));
}

TEST_F(FleetGaugesTest, AClockThatWentBackDoesNotHoldItUp) {
  EXPECT_THAT(text(kNow), Not(HasSubstr("suture_fleet_hosts{")));
  ASSERT_TRUE(store_.add(report_of(1), kNow));
  EXPECT_THAT(text(kNow - 1h), HasSubstr("suture_fleet_hosts{state=\"applied\"} 1\n"));
}

TEST_F(FleetGaugesTest, ALabelHasFiftyValues) {
  for (unsigned i = 1; i <= 60; ++i) {
    HostReport report = report_of(i);
    report.release = fmt::format("6.1.0-{}-made-up", i);
    report.level = i;
    ASSERT_TRUE(store_.add(report, kNow));
  }
  const std::string all = text(kNow);
  EXPECT_THAT(all, HasSubstr("suture_fleet_hosts{state=\"applied\"} 60\n"));
  EXPECT_THAT(all, HasSubstr("suture_fleet_level_hosts{level=\"other\"} 10\n"));
  EXPECT_THAT(all, HasSubstr("suture_fleet_release_hosts{release=\"other\",level=\"other\"} 10\n"));
}

TEST_F(FleetGaugesTest, AReleaseFromAHostIsNoLineOfItsOwn) {
  HostReport report = report_of(1);
  report.release = "6.1\"} 1";
  ASSERT_TRUE(store_.add(report, kNow));
  EXPECT_THAT(text(kNow), HasSubstr("{release=\"6.1\\\"} 1\",level=\"1\"} 1\n"));
}

}  // namespace
}  // namespace suture::server
