// SPDX-License-Identifier: Apache-2.0
//
// `sutured --boot`, which ends before the daemon comes.
#include <gtest/gtest.h>

#include "agent/daemon.h"
#include "fixture.h"

namespace suture {
namespace {

struct Rebooted : Host {
  Rebooted() {
    EXPECT_TRUE(agent().update(Asked::kByAdministrator));
    // From here on, there is no network.
    source.refusal = "repository.unreachable";
    kernel.reboot("second");
  }
  std::uint32_t level() const { return kernel.observe()->level; }
  void boot() {
    Agent early = agent();
    EXPECT_TRUE(run_boot(early));
  }
};

TEST(EarlyBoot, TheLevelIsAppliedAgainWithoutANetwork) {
  Rebooted host;
  host.boot();
  EXPECT_EQ(host.level(), 1u);
  EXPECT_EQ(host.state().applied_boot_id, "second");
}

TEST(EarlyBoot, TheDaemonFindsItDone) {
  Rebooted host;
  host.boot();
  host.kernel.refusal = "engine.load-refused";  // were it applied once more
  Agent daemon = host.agent();
  daemon.guard();
  ASSERT_TRUE(daemon.start());
  EXPECT_EQ(host.level(), 1u);
  EXPECT_FALSE(host.state().error);
  // It is the daemon that will have seen it run.
  EXPECT_TRUE(daemon.is_unconfirmed().value());
}

TEST(EarlyBoot, ALevelThatBringsItDownBeforeTheDaemonComesStaysAway) {
  Rebooted host;
  host.boot();
  host.kernel.reboot("third");
  host.boot();
  EXPECT_EQ(host.level(), 0u);
  EXPECT_EQ(host.state().error.value().code, "agent.quarantined");
}

TEST(EarlyBoot, AMachineThatIsSwitchedOffBeforeTheDaemonComesDidNotCrash) {
  Rebooted host;
  host.boot();
  ASSERT_TRUE(host.agent().confirm());  // `sutured --shutdown`
  host.kernel.reboot("third");
  host.boot();
  EXPECT_EQ(host.level(), 1u);
}

TEST(EarlyBoot, WhatAnAdministratorTookBackStaysAway) {
  Rebooted host;
  host.boot();
  ASSERT_TRUE(host.agent().revert());
  host.kernel.reboot("third");
  host.boot();
  EXPECT_EQ(host.level(), 0u);
}

TEST(EarlyBoot, WhenItFailsTheDaemonTriesAgain) {
  Rebooted host;
  host.kernel.refusal = "engine.transition-stalled";
  host.boot();  // and no error ends it: the boot goes on
  EXPECT_EQ(host.level(), 0u);
  EXPECT_EQ(host.state().error.value().code, "engine.transition-stalled");
  host.kernel.refusal.clear();
  ASSERT_TRUE(host.agent().start());
  EXPECT_EQ(host.level(), 1u);
}

}  // namespace
}  // namespace suture
