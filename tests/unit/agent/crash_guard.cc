// SPDX-License-Identifier: Apache-2.0
//
// A patchset that brings the machine down is not applied again and again.
#include <gtest/gtest.h>

#include "fixture.h"

namespace suture {
namespace {

/// A daemon's agent.
struct Guarded : Host {
  Agent daemon() {
    Agent started = agent();
    started.guard();
    EXPECT_TRUE(started.start());
    return started;
  }
  std::uint32_t level() const { return kernel.observe()->level; }
};

TEST(CrashGuard, AMachineThatGoesDownSoonAfterwardsKeepsTheLevelAway) {
  Guarded host;
  Agent first = host.daemon();
  ASSERT_TRUE(first.update(Asked::kByTimer));
  EXPECT_EQ(host.state().unconfirmed.value().level, 1u);
  host.kernel.reboot("second");
  Agent second = host.daemon();
  EXPECT_EQ(host.level(), 0u);
  EXPECT_EQ(second.status()->quarantined, std::vector<std::uint32_t>{1});
  EXPECT_EQ(host.state().error.value().code, "agent.quarantined");
  // Nor at the boots after that.
  host.kernel.reboot("third");
  host.daemon();
  EXPECT_EQ(host.level(), 0u);
}

TEST(CrashGuard, WhatIsConfirmedIsAppliedAfterReboots) {
  Guarded host;
  Agent first = host.daemon();
  ASSERT_TRUE(first.update(Asked::kByTimer));
  EXPECT_TRUE(first.is_unconfirmed().value());
  ASSERT_TRUE(first.confirm());
  EXPECT_FALSE(first.is_unconfirmed().value());
  host.kernel.reboot("second");
  Agent second = host.daemon();
  EXPECT_EQ(host.level(), 1u);
  EXPECT_TRUE(second.status()->quarantined.empty());
  // Applied at boot, it is unconfirmed again: it may be the boot that it brings down.
  EXPECT_TRUE(second.is_unconfirmed().value());
}

TEST(CrashGuard, ARestartOfTheAgentIsNoCrash) {
  Guarded host;
  Agent first = host.daemon();
  ASSERT_TRUE(first.update(Asked::kByTimer));
  Agent second = host.daemon();
  EXPECT_EQ(host.level(), 1u);
  EXPECT_TRUE(second.is_unconfirmed().value());
  EXPECT_TRUE(second.status()->quarantined.empty());
}

TEST(CrashGuard, ACheckThatGoesWellDoesNotHideTheQuarantine) {
  Guarded host;
  ASSERT_TRUE(host.daemon().update(Asked::kByTimer));
  host.kernel.reboot("second");
  Agent agent = host.daemon();
  ASSERT_TRUE(agent.update(Asked::kByTimer));
  EXPECT_EQ(host.level(), 0u);
  EXPECT_EQ(host.state().error.value().code, "agent.quarantined");
  EXPECT_EQ(agent.status()->report.state, HostState::kFailed);
}

TEST(CrashGuard, AnAdministratorBringsItBack) {
  Guarded host;
  ASSERT_TRUE(host.daemon().update(Asked::kByTimer));
  host.kernel.reboot("second");
  Agent agent = host.daemon();
  ASSERT_EQ(agent.status()->quarantined.size(), 1u);
  ASSERT_TRUE(agent.update(Asked::kByAdministrator));
  EXPECT_EQ(host.level(), 1u);
  EXPECT_TRUE(agent.status()->quarantined.empty());
}

TEST(CrashGuard, TheSourceIsToldWhatStaysAway) {
  Guarded host;
  ASSERT_TRUE(host.daemon().update(Asked::kByTimer));
  host.kernel.reboot("second");
  Agent agent = host.daemon();
  ASSERT_TRUE(agent.update(Asked::kByTimer));
  EXPECT_EQ(host.source.asked.quarantined.size(), 1u);
  EXPECT_EQ(host.source.asked.quarantined.begin()->second, 1u);
}

TEST(CrashGuard, WhoDoesNotLiveToConfirmDoesNotGuard) {
  Host host;
  ASSERT_TRUE(host.agent().update(Asked::kByAdministrator));
  EXPECT_FALSE(host.state().unconfirmed);
}

TEST(CrashGuard, CanBeTurnedOff) {
  Guarded host;
  host.config.crash_window = {};
  ASSERT_TRUE(host.daemon().update(Asked::kByTimer));
  EXPECT_FALSE(host.state().unconfirmed);
}

}  // namespace
}  // namespace suture
