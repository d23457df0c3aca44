// SPDX-License-Identifier: Apache-2.0
#include "server/notify/rollout_gauges.h"

#include <gmock/gmock.h>

#include "server/notify/fleet_gauges.h"
#include "steered_fleet.h"

namespace suture::server {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const Actor kOperator{"token 1 op", "op"};

class RolloutGaugesTest : public SteeredFleet {
 protected:
  /// Far enough apart that each reads anew.
  std::string text() {
    asked_at_ += kGaugesAge;
    auto read = gauges_.text(asked_at_);
    EXPECT_TRUE(read) << read.error().message();
    return read.value_or("");
  }

  FleetGauges gauges_ = *FleetGauges::open(database_.again());
  Store::Time asked_at_ = Store::Time(now_.time_since_epoch());
};

TEST_F(RolloutGaugesTest, EachStateIsThereBeforeAnyRollout) {
  const std::string all = text();
  for (const char* state : {"waiting", "running", "soaking", "halted", "reverted", "finished", "cancelled"}) {
    EXPECT_THAT(all, HasSubstr(fmt::format("suture_fleet_rollouts{{state=\"{}\"}} 0\n", state)));
  }
  EXPECT_THAT(all, AllOf(HasSubstr("# TYPE suture_fleet_rollout_wave_hosts gauge\n"),
                         Not(HasSubstr("suture_fleet_rollout_wave_hosts{"))));
}

TEST_F(RolloutGaugesTest, AWaveIsToldAsItsGatesSeeIt) {
  report_all(20, 2);
  make(two_waves());
  EXPECT_THAT(text(), AllOf(HasSubstr("suture_fleet_rollouts{state=\"waiting\"} 1\n"),
                            HasSubstr("suture_fleet_rollout_waves{channel=\"stable\",rollout=\"1\"} 2\n"),
                            HasSubstr("suture_fleet_rollout_wave{channel=\"stable\",rollout=\"1\"} 0\n"),
                            Not(HasSubstr("suture_fleet_rollout_wave_hosts{"))));
  tick();
  for (unsigned i = 0; i < 20; ++i) {
    if (plan(i, 2)->level == 3) report(i, 3);
  }
  tick();
  const Rollout seen = rollout();
  ASSERT_GT(seen.counts.applied, 0u);
  const auto hosts = [](const char* which, std::uint64_t count) {
    return fmt::format(
        "suture_fleet_rollout_wave_hosts{{channel=\"stable\",rollout=\"1\",hosts=\"{}\"}} {}\n", which,
        count);
  };
  EXPECT_THAT(text(), AllOf(HasSubstr("suture_fleet_rollout_wave{channel=\"stable\",rollout=\"1\"} 1\n"),
                            HasSubstr(hosts("all", seen.counts.hosts)),
                            HasSubstr(hosts("applied", seen.counts.applied)), HasSubstr(hosts("failed", 0))));
}

TEST_F(RolloutGaugesTest, AHaltIsToldUntilSomebodyDecides) {
  make(two_waves());
  tick();
  ASSERT_TRUE(rollouts_.command(1, RolloutCommand::kHalt, kOperator, now_));
  EXPECT_THAT(text(), AllOf(HasSubstr("suture_fleet_rollouts{state=\"halted\"} 1\n"),
                            HasSubstr("suture_fleet_rollout_wave{channel=\"stable\",rollout=\"1\"} 1\n")));
  ASSERT_TRUE(rollouts_.command(1, RolloutCommand::kCancel, kOperator, now_));
  EXPECT_THAT(text(), AllOf(HasSubstr("suture_fleet_rollouts{state=\"halted\"} 0\n"),
                            HasSubstr("suture_fleet_rollouts{state=\"cancelled\"} 1\n"),
                            Not(HasSubstr("suture_fleet_rollout_wave{"))));
}

}  // namespace
}  // namespace suture::server
