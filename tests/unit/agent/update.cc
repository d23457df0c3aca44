// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "fixture.h"

namespace suture {
namespace {

Outcome expect(const Result<Outcome>& outcome) {
  EXPECT_TRUE(outcome) << outcome.error().message();
  return outcome.value_or(Outcome::kHeld);
}

std::string code(const Result<Outcome>& outcome) {
  return outcome ? "" : outcome.error().code;
}

TEST(Update, TheFirstIsAppliedAndRecorded) {
  Host host;
  Agent agent = host.agent();
  EXPECT_EQ(expect(agent.update(Asked::kByTimer)), Outcome::kApplied);
  EXPECT_EQ(host.kernel.observe()->level, 1u);
  const AgentState state = host.state();
  ASSERT_TRUE(state.wanted);
  EXPECT_EQ(state.wanted->level, 1u);
  EXPECT_FALSE(state.held);
  EXPECT_FALSE(state.changed_at.empty());
  EXPECT_FALSE(state.checked_at.empty());
  const auto status = agent.status();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->report.state, HostState::kApplied);
  EXPECT_EQ(status->report.cves, std::vector<std::string>{"CVE-2026-1"});
}

TEST(Update, WhatThePolicyHoldsBackWaitsAndIsTold) {
  Host host;
  Agent agent = host.agent();
  expect(agent.update(Asked::kByTimer));
  host.source.held_back = 2;
  EXPECT_EQ(expect(agent.update(Asked::kByTimer)), Outcome::kWaiting);
  EXPECT_EQ(host.kernel.observe()->level, 1u);
  EXPECT_EQ(agent.status()->newest, 2u);
  EXPECT_EQ(agent.status()->waits, "as the test wants it");
}

TEST(Update, AnAdministratorGoesBackToALevelAndTheTimerStaysThere) {
  Host host;
  Agent agent = host.agent();
  host.source.level = 2;
  expect(agent.update(Asked::kByTimer));
  host.source.level = 1;
  EXPECT_EQ(expect(agent.revert_to(1)), Outcome::kReverted);
  EXPECT_EQ(host.kernel.observe()->level, 1u);
  EXPECT_EQ(host.state().pinned, 1u);
  ASSERT_TRUE(agent.update(Asked::kByTimer));
  EXPECT_EQ(host.source.asked.highest, 1u);
  ASSERT_TRUE(agent.update(Asked::kByAdministrator));
  EXPECT_EQ(host.source.asked.highest, std::nullopt);
  EXPECT_FALSE(host.state().pinned);
}

TEST(Update, ALevelThatIsNotThereIsNotGoneBackTo) {
  Host host;
  Agent agent = host.agent();
  host.source.level = 2;
  expect(agent.update(Asked::kByTimer));
  EXPECT_EQ(code(agent.revert_to(7)), "repository.no-level");
  EXPECT_EQ(host.kernel.observe()->level, 2u);
  EXPECT_FALSE(host.state().pinned);
}

TEST(Update, ToAskWhatThereIsChangesNothing) {
  Host host;
  Agent agent = host.agent();
  ASSERT_TRUE(agent.check());
  EXPECT_EQ(host.kernel.observe()->level, 0u);
  EXPECT_EQ(agent.status()->newest, 1u);
  EXPECT_EQ(host.stored(), 0u);
}

TEST(Update, ToAskAgainEndsWhatWasTheServersFault) {
  Host host;
  Agent agent = host.agent();
  host.source.refusal = "repository.expired";
  EXPECT_EQ(code(agent.update(Asked::kByTimer)), "repository.expired");
  EXPECT_EQ(host.state().error.value().code, "repository.expired");
  host.source.refusal.clear();
  ASSERT_TRUE(agent.check());
  EXPECT_FALSE(host.state().error);
}

TEST(Update, TheSameAgainIsUpToDate) {
  Host host;
  Agent agent = host.agent();
  expect(agent.update(Asked::kByTimer));
  EXPECT_EQ(expect(agent.update(Asked::kByTimer)), Outcome::kUpToDate);
}

TEST(Update, AHigherLevelTakesThePlaceOfTheLower) {
  Host host;
  Agent agent = host.agent();
  expect(agent.update(Asked::kByTimer));
  host.source.level = 2;
  EXPECT_EQ(expect(agent.update(Asked::kByTimer)), Outcome::kApplied);
  EXPECT_EQ(host.kernel.observe()->level, 2u);
  EXPECT_EQ(host.stored(), 1u);
}

TEST(Update, ALowerLevelIsNotGoneBackTo) {
  Host host;
  Agent agent = host.agent();
  host.source.level = 2;
  expect(agent.update(Asked::kByTimer));
  host.source.level = 1;
  EXPECT_EQ(expect(agent.update(Asked::kByTimer)), Outcome::kUpToDate);
  EXPECT_EQ(host.kernel.observe()->level, 2u);
}

TEST(Update, NothingForThisKernel) {
  Host host;
  host.source.level = 0;
  Agent agent = host.agent();
  EXPECT_EQ(expect(agent.update(Asked::kByTimer)), Outcome::kNothingForKernel);
  EXPECT_EQ(agent.status()->report.state, HostState::kUnpatched);
}

TEST(Update, BytesThatChangedOnTheWayAreNotLoaded) {
  Host host;
  host.source.tampered = true;
  Agent agent = host.agent();
  EXPECT_EQ(code(agent.update(Asked::kByTimer)), "agent.wrong-module");
  EXPECT_EQ(host.kernel.observe()->level, 0u);
  EXPECT_EQ(host.state().error->code, "agent.wrong-module");
  host.source.tampered = false;
  EXPECT_EQ(expect(agent.update(Asked::kByTimer)), Outcome::kApplied);
  EXPECT_FALSE(host.state().error);
}

TEST(Update, TheModulesOfAllEnginesAreVerifiedAndKept) {
  Host host;
  host.source.two_engines = true;
  host.source.tampered = true;
  Agent agent = host.agent();
  EXPECT_EQ(code(agent.update(Asked::kByTimer)), "agent.wrong-module");
  EXPECT_EQ(host.kernel.observe()->level, 0u);
  EXPECT_EQ(host.stored(), 0u);
  host.source.tampered = false;
  EXPECT_EQ(expect(agent.update(Asked::kByTimer)), Outcome::kApplied);
  const auto folder = host.config.state / "patchsets" / host.state().wanted->folder;
  for (const char* name : {"patchset.json", "suture_1.ko", "suture_stop_1.ko", "suture.ko"})
    EXPECT_TRUE(std::filesystem::exists(folder / name)) << name;
  EXPECT_EQ(host.state().wanted->module_sha256, sha256_hex(Bytes(100, 1))) << "the first one's";
  EXPECT_EQ(expect(agent.update(Asked::kByTimer)), Outcome::kUpToDate);
}

TEST(Update, ARepositoryThatIsAwayIsReportedAndLeavesThePatchsetApplied) {
  Host host;
  Agent agent = host.agent();
  expect(agent.update(Asked::kByTimer));
  host.source.refusal = "repository.unreachable";
  EXPECT_EQ(code(agent.update(Asked::kByTimer)), "repository.unreachable");
  EXPECT_EQ(host.kernel.observe()->level, 1u);
  EXPECT_EQ(agent.status()->report.error->code, "repository.unreachable");
}

TEST(Update, AnEngineThatRefusesLeavesTheOldLevelRecorded) {
  Host host;
  Agent agent = host.agent();
  expect(agent.update(Asked::kByTimer));
  host.source.level = 2;
  host.kernel.refusal = "engine.transition-stalled";
  EXPECT_EQ(code(agent.update(Asked::kByTimer)), "engine.transition-stalled");
  EXPECT_EQ(host.state().wanted->level, 1u);
  EXPECT_EQ(host.stored(), 1u);
  host.kernel.refusal.clear();
  EXPECT_EQ(expect(agent.update(Asked::kByTimer)), Outcome::kApplied);
}

TEST(Withdrawn, GoesBackToTheLevelBefore) {
  Host host;
  Agent agent = host.agent();
  host.source.level = 2;
  expect(agent.update(Asked::kByTimer));
  host.source.level = 1;
  host.source.withdrawn = {{2, "it hangs"}};
  EXPECT_EQ(expect(agent.update(Asked::kByTimer)), Outcome::kWentBack);
  EXPECT_EQ(host.kernel.observe()->level, 1u);
  EXPECT_EQ(host.state().wanted.value().level, 1u);
  EXPECT_FALSE(host.state().held);
  EXPECT_EQ(host.stored(), 1u);
  EXPECT_EQ(expect(agent.update(Asked::kByTimer)), Outcome::kUpToDate);
  host.source.level = 3;
  EXPECT_EQ(expect(agent.update(Asked::kByTimer)), Outcome::kApplied);
  EXPECT_EQ(host.kernel.observe()->level, 3u);
}

TEST(Withdrawn, WithNoneBelowTheKernelIsAsItWasBootedAndNotHeld) {
  Host host;
  Agent agent = host.agent();
  expect(agent.update(Asked::kByTimer));
  host.source.level = 0;
  host.source.withdrawn = {{1, "it hangs"}};
  EXPECT_EQ(expect(agent.update(Asked::kByTimer)), Outcome::kWentBack);
  EXPECT_EQ(host.kernel.observe()->level, 0u);
  EXPECT_FALSE(host.state().wanted);
  EXPECT_FALSE(host.state().held);
  EXPECT_EQ(host.stored(), 0u);
  EXPECT_EQ(agent.status()->report.state, HostState::kUnpatched);
  EXPECT_EQ(expect(agent.update(Asked::kByTimer)), Outcome::kNothingForKernel);
  host.source.level = 2;
  EXPECT_EQ(expect(agent.update(Asked::kByTimer)), Outcome::kApplied);
}

TEST(Withdrawn, DoesNotComeBackByAReboot) {
  Host host;
  expect(host.agent().update(Asked::kByTimer));
  host.source.level = 0;
  host.source.withdrawn = {{1, "it hangs"}};
  expect(host.agent().update(Asked::kByTimer));
  host.kernel.reboot("00000000-0000-4000-8000-000000000002");
  ASSERT_TRUE(host.agent().start());
  EXPECT_EQ(host.kernel.observe()->level, 0u);
}

TEST(Withdrawn, AnotherLevelThanTheHostsChangesNothing) {
  Host host;
  Agent agent = host.agent();
  host.source.level = 3;
  expect(agent.update(Asked::kByTimer));
  host.source.withdrawn = {{2, "it hangs"}};
  EXPECT_EQ(expect(agent.update(Asked::kByTimer)), Outcome::kUpToDate);
  EXPECT_EQ(host.kernel.observe()->level, 3u);
}

TEST(Withdrawn, AnEngineThatCannotLeaveItIsReportedAndTriesAgain) {
  Host host;
  Agent agent = host.agent();
  host.source.level = 2;
  expect(agent.update(Asked::kByTimer));
  host.source.level = 1;
  host.source.withdrawn = {{2, "it hangs"}};
  host.kernel.refusal = "engine.transition-stalled";
  EXPECT_EQ(code(agent.update(Asked::kByTimer)), "engine.transition-stalled");
  EXPECT_EQ(host.state().wanted.value().level, 2u);
  host.kernel.refusal.clear();
  EXPECT_EQ(expect(agent.update(Asked::kByTimer)), Outcome::kWentBack);
  EXPECT_EQ(host.kernel.observe()->level, 1u);
}

TEST(Revert, HoldsAgainstTheTimerUntilAnAdministratorUpdates) {
  Host host;
  Agent agent = host.agent();
  expect(agent.update(Asked::kByTimer));
  EXPECT_EQ(expect(agent.revert()), Outcome::kReverted);
  EXPECT_EQ(host.kernel.observe()->level, 0u);
  EXPECT_EQ(agent.status()->report.state, HostState::kReverted);
  EXPECT_EQ(expect(agent.update(Asked::kByTimer)), Outcome::kHeld);
  EXPECT_EQ(host.kernel.observe()->level, 0u);
  EXPECT_EQ(expect(agent.update(Asked::kByAdministrator)), Outcome::kApplied);
  EXPECT_EQ(host.kernel.observe()->level, 1u);
  EXPECT_EQ(expect(agent.update(Asked::kByTimer)), Outcome::kUpToDate);
}

TEST(Revert, HoldsOverAReboot) {
  Host host;
  expect(host.agent().update(Asked::kByTimer));
  expect(host.agent().revert());
  host.kernel.reboot("00000000-0000-4000-8000-000000000002");
  ASSERT_TRUE(host.agent().start());
  EXPECT_EQ(host.kernel.observe()->level, 0u);
}

TEST(Reboot, TheRecordedPatchsetIsAppliedFromTheOwnCopyWithoutNetwork) {
  Host host;
  expect(host.agent().update(Asked::kByTimer));
  host.kernel.reboot("00000000-0000-4000-8000-000000000002");
  host.source.refusal = "repository.unreachable";
  ASSERT_TRUE(host.agent().start());
  EXPECT_EQ(host.kernel.observe()->level, 1u);
  EXPECT_EQ(host.state().applied_boot_id, host.kernel.boot_id);
}

TEST(Reboot, AnOwnCopyThatWasChangedIsRefusedThenFetchedAgain) {
  Host host;
  expect(host.agent().update(Asked::kByTimer));
  const auto module = host.config.state / "patchsets" / host.state().wanted->folder / "suture_1.ko";
  ASSERT_TRUE(write_file(module, Bytes(100, 0xee)));
  host.kernel.reboot("00000000-0000-4000-8000-000000000002");
  ASSERT_TRUE(host.agent().start());
  EXPECT_EQ(host.kernel.observe()->level, 0u);
  EXPECT_EQ(host.state().error->code, "agent.store-changed");
  EXPECT_EQ(expect(host.agent().update(Asked::kByTimer)), Outcome::kApplied);
  EXPECT_EQ(host.kernel.observe()->level, 1u);
}

TEST(Reboot, AFurtherEnginesModuleThatWasChangedOrIsGoneIsRefused) {
  for (const bool gone : {false, true}) {
    for (const char* name : {"suture_stop_1.ko", "suture.ko"}) {
      Host host;
      host.source.two_engines = true;
      expect(host.agent().update(Asked::kByTimer));
      const auto file = host.config.state / "patchsets" / host.state().wanted->folder / name;
      if (gone)
        std::filesystem::remove(file);
      else
        ASSERT_TRUE(write_file(file, Bytes(200, 0xee)));
      host.kernel.reboot("00000000-0000-4000-8000-000000000002");
      ASSERT_TRUE(host.agent().start());
      EXPECT_EQ(host.kernel.observe()->level, 0u);
      EXPECT_EQ(host.state().error->code, gone ? "file.unreadable" : "agent.store-changed") << name;
      EXPECT_NE(host.state().error->message.find(name), std::string::npos) << host.state().error->message;
      EXPECT_EQ(expect(host.agent().update(Asked::kByTimer)), Outcome::kApplied);
    }
  }
}

TEST(HostId, IsDerivedAndStable) {
  Host host;
  const auto drawn = host_id(host.config);
  ASSERT_TRUE(drawn);
  EXPECT_EQ(drawn->size(), 32u);
  EXPECT_EQ(host_id(host.config).value(), *drawn);
  ASSERT_TRUE(write_file(host.config.machine_id, std::string(32, 'c') + "\n"));
  EXPECT_EQ(*host_id(host.config), sha256_hex(as_bytes("suture-host:" + std::string(32, 'c'))).substr(0, 32));
}

}  // namespace
}  // namespace suture
