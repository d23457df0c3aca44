// SPDX-License-Identifier: Apache-2.0
//
// The agent is killed at each of its steps; the next one must finish or undo what it finds.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

namespace suture {
namespace {

constexpr int kKilled = 77;

/// Runs `work` in a process that ends without a trace at the `nth` step. False when it has fewer steps.
bool dies_at(Host& host, int nth, const std::function<void(Agent&)>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    int seen = 0;
    Agent agent = host.agent([&](Step) {
      if (++seen == nth) ::_exit(kKilled);
    });
    work(agent);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == kKilled;
}

void expect_clean(const Host& host) {
  EXPECT_EQ(Journal(host.config.state / "journal.json").pending().value(), std::nullopt);
  EXPECT_TRUE(!std::filesystem::exists(host.config.spool()) ||
              std::filesystem::is_empty(host.config.spool()));
}

TEST(Killed, AtEachStepOfTheFirstUpdate) {
  const auto update = [](Agent& agent) { static_cast<void>(agent.update(Asked::kByTimer)); };
  int steps = 0;
  for (int nth = 1;; ++nth) {
    Host host;
    host.source.two_engines = true;
    if (!dies_at(host, nth, update)) break;
    ++steps;
    ASSERT_TRUE(host.agent().start()) << nth;
    expect_clean(host);
    EXPECT_EQ(host.stored(), host.state().wanted ? 1u : 0u) << nth;
    const auto outcome = host.agent().update(Asked::kByTimer);
    ASSERT_TRUE(outcome) << outcome.error().message();
    EXPECT_EQ(host.kernel.observe()->level, 1u);
  }
  EXPECT_EQ(steps, 4);
}

TEST(Killed, AtEachStepOfAnUpgradeTheOldLevelStaysWhole) {
  const auto update = [](Agent& agent) { static_cast<void>(agent.update(Asked::kByTimer)); };
  for (int nth = 1;; ++nth) {
    Host host;
    ASSERT_TRUE(host.agent().update(Asked::kByTimer));
    host.source.level = 2;
    if (!dies_at(host, nth, update)) break;
    ASSERT_TRUE(host.agent().start()) << nth;
    EXPECT_EQ(host.kernel.observe()->level, host.state().wanted->level) << nth;
    EXPECT_EQ(host.stored(), 1u) << nth;
    ASSERT_TRUE(host.agent().update(Asked::kByTimer));
    EXPECT_EQ(host.kernel.observe()->level, 2u);
  }
}

TEST(Killed, AfterTheKernelChangedButBeforeItWasRecorded) {
  Host host;
  ASSERT_TRUE(dies_at(host, 3, [](Agent& agent) { static_cast<void>(agent.update(Asked::kByTimer)); }));
  ASSERT_TRUE(write_file(host.folder.path() / "kernel", std::string_view("suture_1")));
  ASSERT_TRUE(host.agent().start());
  expect_clean(host);
  ASSERT_TRUE(host.state().wanted);
  EXPECT_EQ(host.state().wanted->level, 1u);
  EXPECT_EQ(host.stored(), 1u);
}

TEST(Killed, AfterAnotherEngineThanTheFirstModulesChangedTheKernel) {
  Host host;
  host.source.two_engines = true;
  ASSERT_TRUE(dies_at(host, 3, [](Agent& agent) { static_cast<void>(agent.update(Asked::kByTimer)); }));
  ASSERT_TRUE(write_file(host.folder.path() / "kernel", std::string_view("suture_stop_1")));
  ASSERT_TRUE(host.agent().start());
  expect_clean(host);
  ASSERT_TRUE(host.state().wanted);
  EXPECT_EQ(host.state().wanted->level, 1u);
  EXPECT_EQ(host.stored(), 1u);
}

TEST(Killed, ByAMachineThatWentDownWhileApplyingHoldsThePatchset) {
  Host host;
  ASSERT_TRUE(dies_at(host, 3, [](Agent& agent) { static_cast<void>(agent.update(Asked::kByTimer)); }));
  host.kernel.reboot("00000000-0000-4000-8000-000000000002");
  ASSERT_TRUE(host.agent().start());
  EXPECT_TRUE(host.state().held);
  EXPECT_EQ(host.state().error->code, "agent.went-down");
  EXPECT_EQ(host.agent().update(Asked::kByTimer).value(), Outcome::kHeld);
  EXPECT_EQ(host.agent().status()->report.state, HostState::kFailed);
  EXPECT_EQ(host.agent().update(Asked::kByAdministrator).value(), Outcome::kApplied);
}

TEST(Killed, ByAMachineThatWentDownWhenAllWasDoneHoldsNothing) {
  Host host;
  ASSERT_TRUE(host.agent().update(Asked::kByTimer));
  const Entry entry{
      .step = Step::kApplying, .boot_id = host.kernel.kernel()->boot_id, .stored = host.state().wanted};
  ASSERT_TRUE(Journal(host.config.state / "journal.json").begin(entry));
  host.kernel.reboot("00000000-0000-4000-8000-000000000002");
  ASSERT_TRUE(host.agent().start());
  expect_clean(host);
  EXPECT_FALSE(host.state().held);
  EXPECT_EQ(host.kernel.observe()->level, 1u);
}

TEST(Killed, BetweenTheStateAndTheSweepLeavesNoOldPatchset) {
  Host host;
  ASSERT_TRUE(host.agent().update(Asked::kByTimer));
  const AgentState old = host.state();
  ASSERT_TRUE(make_directories(host.config.state / "patchsets/000000-before"));
  const Entry entry{.step = Step::kApplying, .boot_id = host.kernel.kernel()->boot_id, .stored = old.wanted};
  ASSERT_TRUE(Journal(host.config.state / "journal.json").begin(entry));
  ASSERT_TRUE(host.agent().start());
  expect_clean(host);
  EXPECT_EQ(host.stored(), 1u);
  EXPECT_EQ(host.state().wanted, old.wanted);
}

TEST(Killed, InTheMiddleOfAWriteLeavesNoFile) {
  Host host;
  const auto left = host.config.state / "state.json.unfinished-aB3dE6";
  ASSERT_TRUE(write_file(left, std::string_view("{")));
  ASSERT_TRUE(host.agent().start());
  EXPECT_FALSE(std::filesystem::exists(left));
}

TEST(Killed, InTheMiddleOfARevertFinishesIt) {
  Host host;
  ASSERT_TRUE(host.agent().update(Asked::kByTimer));
  ASSERT_TRUE(dies_at(host, 1, [](Agent& agent) { static_cast<void>(agent.revert()); }));
  EXPECT_EQ(host.kernel.observe()->level, 1u);
  ASSERT_TRUE(host.agent().start());
  expect_clean(host);
  EXPECT_EQ(host.kernel.observe()->level, 0u);
  EXPECT_TRUE(host.state().held);
}

TEST(Killed, AtEachStepOfGoingBackFromAWithdrawnLevel) {
  const auto update = [](Agent& agent) { static_cast<void>(agent.update(Asked::kByTimer)); };
  int steps = 0;
  for (int nth = 1;; ++nth) {
    Host host;
    host.source.level = 2;
    ASSERT_TRUE(host.agent().update(Asked::kByTimer));
    host.source.level = 1;
    host.source.withdrawn = {{2, "it hangs"}};
    if (!dies_at(host, nth, update)) break;
    ++steps;
    ASSERT_TRUE(host.agent().start()) << nth;
    expect_clean(host);
    EXPECT_EQ(host.stored(), 1u) << nth;
    const auto outcome = host.agent().update(Asked::kByTimer);
    ASSERT_TRUE(outcome) << outcome.error().message();
    EXPECT_EQ(host.kernel.observe()->level, 1u) << nth;
    EXPECT_FALSE(host.state().held) << nth;
  }
  EXPECT_EQ(steps, 4);
}

TEST(Killed, InTheMiddleOfLeavingTheLastLevelFinishesItAndHoldsNobody) {
  Host host;
  ASSERT_TRUE(host.agent().update(Asked::kByTimer));
  host.source.level = 0;
  host.source.withdrawn = {{1, "it hangs"}};
  ASSERT_TRUE(dies_at(host, 2, [](Agent& agent) { static_cast<void>(agent.update(Asked::kByTimer)); }));
  EXPECT_EQ(host.kernel.observe()->level, 1u);
  ASSERT_TRUE(host.agent().start());
  expect_clean(host);
  EXPECT_EQ(host.kernel.observe()->level, 0u);
  EXPECT_FALSE(host.state().held);
  EXPECT_FALSE(host.state().wanted);
  EXPECT_EQ(host.stored(), 0u);
  host.source.level = 2;
  EXPECT_EQ(host.agent().update(Asked::kByTimer).value(), Outcome::kApplied);
}

TEST(Killed, InTheMiddleOfAReapplyAfterABoot) {
  Host host;
  ASSERT_TRUE(host.agent().update(Asked::kByTimer));
  host.kernel.reboot("00000000-0000-4000-8000-000000000002");
  ASSERT_TRUE(dies_at(host, 1, [](Agent& agent) { static_cast<void>(agent.start()); }));
  ASSERT_TRUE(host.agent().start());
  expect_clean(host);
  EXPECT_EQ(host.kernel.observe()->level, 1u);
}

TEST(Journal, WhatCannotBeReadIsAnError) {
  Host host;
  const auto file = host.config.state / "journal.json";
  for (const char* text : {"", "{", "[]", "{\"step\":\"dancing\",\"boot_id\":\"\"}", "{\"step\":1}"}) {
    ASSERT_TRUE(write_file(file, std::string_view(text)));
    EXPECT_FALSE(Journal(file).pending()) << text;
  }
  ASSERT_TRUE(host.agent().start());
  EXPECT_TRUE(host.state().error);
}

}  // namespace
}  // namespace suture
