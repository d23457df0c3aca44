// SPDX-License-Identifier: Apache-2.0
//
// Rollouts from beginning to end, on a real database and with a clock of the test's.
#include <gmock/gmock.h>

#include <thread>

#include "server/fleet/groups.h"
#include "steered_fleet.h"

namespace suture::server {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class ProgressTest : public SteeredFleet {
 protected:
  /// A fleet of 20 at level 2, of which the first wave of a rollout has begun for two.
  void begin_first_wave(Course course = two_waves()) {
    report_all(20, 2);
    wait(1s);
    make(std::move(course));
    EXPECT_TRUE(tick());
    first_ = in_waves(20);
    ASSERT_EQ(first_.size(), 2u);
    ASSERT_EQ(state(), "running");
    wait(10min);
  }
  void apply_first_wave() {
    for (const unsigned number : first_) report(number, 3);
    tick();
  }

  std::vector<unsigned> first_;
};

TEST_F(ProgressTest, ARolloutGoesThroughItsWavesToTheEnd) {
  begin_first_wave();
  EXPECT_EQ(plan(first_[0], 2)->reason, "wave 1 of 2");
  tick();
  EXPECT_EQ(state(), "running");
  EXPECT_EQ(code(), "rollout.evidence");
  apply_first_wave();
  EXPECT_EQ(state(), "soaking");
  EXPECT_EQ(rollout().counts, (WaveCounts{.hosts = 2, .reporting = 2, .applied = 2}));
  wait(59min);
  tick();
  EXPECT_EQ(state(), "soaking");
  wait(1min);
  tick();
  EXPECT_EQ(state(), "waiting");
  EXPECT_EQ(in_waves(20), first_);
  tick();
  EXPECT_EQ(state(), "running");
  EXPECT_EQ(in_waves(20).size(), 20u);
  wait(10min);
  report_all(20, 3);
  tick();
  wait(1h);
  tick();
  EXPECT_EQ(state(), "finished");
  EXPECT_EQ(plan(7, 0)->level, 3u);
  EXPECT_EQ(plan(7, 0)->reason, "a finished rollout");
  EXPECT_THAT(event_kinds(), ElementsAre("started", "wave", "wave", "finished"));
}

TEST_F(ProgressTest, AFailingWaveIsHaltedAndNobodyElseGetsIt) {
  begin_first_wave();
  report(first_[0], 2, HostState::kFailed, "engine.load-refused");
  tick();
  EXPECT_EQ(state(), "halted");
  EXPECT_EQ(code(), "rollout.failed");
  wait(48h);
  tick();
  EXPECT_EQ(state(), "halted");
  EXPECT_TRUE(in_waves(20).empty());
  // A host that has it keeps it.
  EXPECT_EQ(plan(first_[1], 3)->level, 3u);
  EXPECT_EQ(plan(first_[1], 3)->reason, "kept from a rollout that is halted");
  EXPECT_THAT(event_kinds(), ElementsAre("started", "wave", "halted"));
}

TEST_F(ProgressTest, ByPolicyItIsTakenBack) {
  Course course = two_waves();
  course.revert_on_failure = true;
  begin_first_wave(course);
  report(first_[1], 3);
  report(first_[0], 2, HostState::kFailed, "agent.went-down");
  const auto calls = rollouts_.moment()->calls;
  tick();
  EXPECT_EQ(state(), "reverted");
  EXPECT_EQ(code(), "rollout.crashed");
  EXPECT_EQ(plan(first_[1], 3)->level, 2u);
  EXPECT_EQ(plan(0, 3)->level, 2u);
  EXPECT_EQ(rollouts_.moment()->calls, calls + 1) << "hosts are to hear of it at once";
  EXPECT_THAT(event_kinds(), ElementsAre("started", "wave", "reverted"));
}

TEST_F(ProgressTest, TooLittleEvidenceIsHaltedAtTheDeadline) {
  Course course = two_waves();
  course.waves[0].gates.max_silent.reset();
  begin_first_wave(course);
  report(first_[0], 3);
  wait(71h);
  tick();
  EXPECT_EQ(state(), "running");
  EXPECT_EQ(code(), "rollout.evidence");
  wait(1h);
  tick();
  EXPECT_EQ(state(), "halted");
  EXPECT_EQ(code(), "rollout.deadline");
}

TEST_F(ProgressTest, AFleetWithoutHostsForItIsHaltedAtTheDeadline) {
  make(two_waves());
  tick();
  EXPECT_EQ(state(), "running");
  tick();
  EXPECT_EQ(code(), "rollout.no-host");
  wait(72h);
  tick();
  EXPECT_EQ(state(), "halted");
}

TEST_F(ProgressTest, SilentHostsHaltIt) {
  begin_first_wave();
  report(first_[0], 3);
  wait(2h);
  report(first_[0], 3);
  tick();
  EXPECT_EQ(state(), "halted");
  EXPECT_EQ(code(), "rollout.silent");
}

TEST_F(ProgressTest, HostsThatWereSilentBeforeDoNotCount) {
  report_all(20, 2);
  wait(3h);
  for (unsigned i = 0; i < 10; ++i) report(i, 2);
  make(two_waves());
  tick();
  // One tenth of those ten that live.
  EXPECT_EQ(in_waves(10).size(), 1u);
  tick();
  EXPECT_EQ(rollout().counts.hosts, 1u);
}

TEST_F(ProgressTest, AHostThatLostItInAnotherBootCrashed) {
  begin_first_wave();
  report(first_[0], 3);
  report(first_[1], 3, HostState::kApplied, "", "aaaaaaaa-0000-4000-8000-000000000000");
  tick();
  EXPECT_EQ(state(), "soaking");
  wait(10min);
  // It does not know why it is without the patch.
  report(first_[1], 0, HostState::kUnpatched, "", "bbbbbbbb-0000-4000-8000-000000000000", 60);
  tick();
  EXPECT_EQ(state(), "halted");
  EXPECT_EQ(code(), "rollout.crashed");
}

TEST_F(ProgressTest, ARebootWithTheLevelIsNoCrash) {
  begin_first_wave();
  apply_first_wave();
  wait(10min);
  report(first_[1], 3, HostState::kApplied, "", "bbbbbbbb-0000-4000-8000-000000000000", 60);
  tick();
  EXPECT_EQ(state(), "soaking");
  EXPECT_EQ(rollout().counts.crashed, 0u);
}

TEST_F(ProgressTest, FailuresWhileItSoaksHaltIt) {
  begin_first_wave();
  apply_first_wave();
  ASSERT_EQ(state(), "soaking");
  wait(30min);
  report(first_[0], 2, HostState::kFailed, "agent.bad-sign");
  tick();
  EXPECT_EQ(state(), "halted");
  EXPECT_EQ(code(), "rollout.reverted");
}

TEST_F(ProgressTest, WhatWasResumedNeedsNewEvidence) {
  begin_first_wave();
  report(first_[0], 2, HostState::kFailed, "engine.load-refused");
  tick();
  ASSERT_EQ(state(), "halted");
  wait(1h);
  const auto resumed = rollouts_.command(1, RolloutCommand::kResume, {"token 1 op", "op"}, now_);
  ASSERT_TRUE(resumed) << resumed.error().message();
  EXPECT_EQ(state(), "running");
  tick();
  EXPECT_EQ(state(), "running") << "the old report is no evidence any more";
  EXPECT_EQ(in_waves(20), first_);
  apply_first_wave();
  EXPECT_EQ(state(), "soaking");
}

TEST_F(ProgressTest, TheNextWaveWaitsForItsApprovals) {
  Course course = two_waves();
  course.waves[1].approvals = {.count = 2, .from = {"alice", "bob"}};
  begin_first_wave(course);
  apply_first_wave();
  wait(1h);
  tick();
  EXPECT_EQ(state(), "waiting");
  EXPECT_EQ(rollout().reason.text, "wave 2 needs 2 more approvals, from alice or bob");
  wait(100h);
  tick();
  EXPECT_EQ(state(), "waiting") << "no deadline runs while people think";
  const auto approve = [&](const char* who, const char* name) {
    const auto done = rollouts_.approve(1, false, {who, name}, now_);
    return done ? "ok" : done.error().code;
  };
  EXPECT_EQ(approve("token 3 mallory", "mallory"), "rollout.approver");
  EXPECT_EQ(approve("user alice", "alice"), "ok");
  EXPECT_EQ(approve("user alice", "alice"), "rollout.approved-twice");
  tick();
  EXPECT_EQ(state(), "waiting");
  EXPECT_EQ(rollout().reason.text, "wave 2 needs 1 more approval, from alice or bob");
  EXPECT_EQ(approve("user bob", "bob"), "ok");
  report_all(20, 2);
  tick();
  EXPECT_EQ(state(), "running");
  EXPECT_EQ(approve("user bob", "bob"), "rollout.state") << "there is no wave left";
  EXPECT_THAT(event_kinds(), ElementsAre("started", "wave", "approval-wanted", "wave"));
}

TEST_F(ProgressTest, NobodyApprovesTheirOwnUnlessThePolicySaysSo) {
  Course course = two_waves();
  course.waves[0].approvals = {.count = 1};
  make(course);
  EXPECT_EQ(rollouts_.approve(1, false, {"token 1 maker", "maker"}, now_).error().code,
            "rollout.own-approval");
  course.waves[0].approvals.own = true;
  make(course);
  EXPECT_TRUE(rollouts_.approve(2, false, {"token 1 maker", "maker"}, now_));
}

TEST_F(ProgressTest, UrgentGoesToEverybodyWithoutSoaking) {
  begin_first_wave();
  const auto calls = rollouts_.moment()->calls;
  ASSERT_TRUE(rollouts_.command(1, RolloutCommand::kUrgent, {"token 1 op", "op"}, now_));
  EXPECT_EQ(rollouts_.moment()->calls, calls + 1);
  EXPECT_EQ(in_waves(20).size(), 20u);
  EXPECT_TRUE(plan(5, 2)->urgent);
  EXPECT_EQ(rollout().reason.code, "rollout.urgent");
  wait(1min);
  for (unsigned i = 0; i < 19; ++i) report(i, 3);
  tick();
  EXPECT_EQ(state(), "finished");
}

TEST_F(ProgressTest, WhatIsUrgentIsHaltedAllTheSame) {
  begin_first_wave();
  ASSERT_TRUE(rollouts_.command(1, RolloutCommand::kUrgent, {"token 1 op", "op"}, now_));
  wait(1min);
  report(4, 2, HostState::kFailed, "agent.went-down");
  tick();
  EXPECT_EQ(state(), "halted");
  EXPECT_EQ(code(), "rollout.crashed");
  EXPECT_TRUE(in_waves(20).empty());
}

TEST_F(ProgressTest, UrgentMayNeedApprovals) {
  Course course = two_waves();
  course.urgent = {.count = 1};
  begin_first_wave(course);
  const Actor operator_one{"token 1 op", "op"};
  EXPECT_EQ(rollouts_.command(1, RolloutCommand::kUrgent, operator_one, now_).error().code,
            "rollout.approvals");
  ASSERT_TRUE(rollouts_.approve(1, true, {"user alice", "alice"}, now_));
  EXPECT_TRUE(rollouts_.command(1, RolloutCommand::kUrgent, operator_one, now_));
}

TEST_F(ProgressTest, MetricsMustHoldToo) {
  Course course = two_waves();
  course.waves[0].gates.metrics = {{.name = "m", .url = "http://p"}};
  metric_ = {Verdict::kWait, {"rollout.metric", "metric m: no answer"}};
  begin_first_wave(course);
  apply_first_wave();
  EXPECT_EQ(state(), "running");
  EXPECT_EQ(code(), "rollout.metric");
  metric_ = {Verdict::kPass, {}};
  tick();
  EXPECT_EQ(state(), "running") << "it was asked lately";
  wait(1min);
  tick();
  EXPECT_EQ(state(), "soaking");
  metric_ = {Verdict::kFail, {"rollout.metric", "metric m: 2 is not < 1"}};
  wait(1min);
  tick();
  EXPECT_EQ(state(), "halted");
  EXPECT_EQ(rollout().reason.text, "metric m: 2 is not < 1");
}

TEST_F(ProgressTest, AClockThatJumpsBackStartsTheWaveAnew) {
  begin_first_wave();
  apply_first_wave();
  ASSERT_EQ(state(), "soaking");
  wait(-24h * 365);
  tick();
  EXPECT_EQ(state(), "soaking");
  EXPECT_EQ(rollout().begun[0].began_at, now_);
  wait(59min);
  tick();
  EXPECT_EQ(state(), "soaking");
  wait(1min);
  tick();
  EXPECT_EQ(state(), "waiting") << "it does not wait for a year";
}

TEST_F(ProgressTest, TwoServersDoOneThingOnce) {
  report_all(20, 2);
  make(two_waves());
  Store other_fleet = *Store::open(database_.again());
  RolloutStore other_rollouts = *RolloutStore::open(database_.again());
  Progress other = runner(other_rollouts, other_fleet);
  // Both have seen the rollout before either has begun its wave.
  Rollout seen = (*other_rollouts.active()).at(0);
  EXPECT_TRUE(tick());
  begin_wave(seen, 1, now_);
  EXPECT_FALSE(*other_rollouts.save(seen, RolloutState::kWaiting, true, now_));
  EXPECT_EQ(rollout().begun.size(), 1u);
  EXPECT_NE(rollout().begun[0].threshold, 1u);

  std::jthread one([&] {
    for (int i = 0; i < 40; ++i) EXPECT_TRUE(other.tick(now_));
  });
  for (int i = 0; i < 40; ++i) EXPECT_TRUE(progress_.tick(now_));
  one.join();
  EXPECT_EQ(rollout().begun.size(), 1u);
  EXPECT_THAT(event_kinds(), ElementsAre("started", "wave"));
}

TEST_F(ProgressTest, ALookIsOneServersForAWhile) {
  report_all(20, 2);
  make(two_waves());
  EXPECT_TRUE(*rollouts_.claim(1, now_, 5s));
  EXPECT_FALSE(*rollouts_.claim(1, now_ + 4s, 5s));
  EXPECT_TRUE(*rollouts_.claim(1, now_ + 5s, 5s));
  // After a jump back nobody waits for the time that was.
  EXPECT_TRUE(*rollouts_.claim(1, now_ - 1h, 5s));
  EXPECT_FALSE(*rollouts_.claim(2, now_, 5s));
}

TEST_F(ProgressTest, AWaveMayBeAGroupOrATag) {
  report_all(10, 2);
  const auto grouped = fleet_.write([&](sql::Database& database) -> Result<void> {
    TRY(put_group(database, "web", {.hosts = {host_id(1), host_id(2)}}, time_text(now_)));
    return set_tags(database, host_id(3), {"env=prod"});
  });
  ASSERT_TRUE(grouped) << grouped.error().message();
  Course course = two_waves();
  course.waves[0].hosts = {.group = "web"};
  course.waves[1].hosts = {.tag = "env=prod"};
  make(course);
  tick();
  EXPECT_THAT(in_waves(10), ElementsAre(1, 2));
  report(1, 3);
  report(2, 3);
  tick();
  EXPECT_EQ(rollout().counts, (WaveCounts{.hosts = 2, .reporting = 2, .applied = 2}));
  wait(1h);
  tick();
  tick();
  EXPECT_THAT(in_waves(10), ElementsAre(1, 2, 3));
  // Whoever comes into the group later is in its wave as well.
  ASSERT_TRUE(fleet_.write([&](sql::Database& database) {
    return put_group(database, "web", {.hosts = {host_id(1), host_id(2), host_id(7)}}, time_text(now_));
  }));
  EXPECT_THAT(in_waves(10), ElementsAre(1, 2, 3, 7));
}

TEST_F(ProgressTest, UnsupportedHostsAreNotCounted) {
  report_all(20, 2);
  for (unsigned i = 0; i < 10; ++i) report(i, 0, HostState::kUnsupported);
  make(two_waves());
  tick();
  wait(1min);
  for (const unsigned number : in_waves(20))
    report(number, number < 10 ? 0 : 3, number < 10 ? HostState::kUnsupported : HostState::kApplied);
  tick();
  EXPECT_EQ(rollout().counts.hosts, rollout().counts.applied);
}

TEST_F(ProgressTest, HostsOfOtherChannelsAndKernelsAreNotCounted) {
  report_all(4, 2);
  HostReport other = report_of(50);
  other.channel = "canary";
  ASSERT_TRUE(fleet_.add(other, now_));
  other = report_of(51);
  other.build_id = std::string(40, 'b');
  ASSERT_TRUE(fleet_.add(other, now_));
  Course course = two_waves();
  course.waves[0].hosts.share = kAll;
  make(course);
  tick();
  tick();
  EXPECT_EQ(rollout().counts.hosts, 4u);
}

}  // namespace
}  // namespace suture::server
