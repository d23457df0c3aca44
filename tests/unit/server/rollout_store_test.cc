// SPDX-License-Identifier: Apache-2.0
//
// What people say to rollouts, what each host may have then, and what is written down of it.
#include "server/rollout/rollout_store.h"

#include <gmock/gmock.h>

#include "server/access/access_store.h"
#include "server/rollout/automatic.h"
#include "steered_fleet.h"

namespace suture::server {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

const Actor kOperator{"token 1 op", "op"};

class RolloutStoreTest : public SteeredFleet {
 protected:
  std::string say(RolloutCommand command, std::int64_t id = 1) {
    const auto done = rollouts_.command(id, command, kOperator, now_);
    if (!done) return done.error().code;
    return *done ? std::string(name_of((*done)->state)) : "unknown";
  }
  /// Everybody has it at once, and it ends with the next looks.
  std::int64_t finish(std::uint32_t level, std::uint32_t before) {
    Course course{.waves = {Wave{.soak = 0s, .gates = {.min_reports = 0}}}};
    const auto made =
        rollouts_.make(order(course, {{kKernel, {.level = level, .before = before}}}), kOperator, now_);
    EXPECT_TRUE(made) << made.error().message();
    tick();
    tick();
    EXPECT_EQ(state((*made)->id), "finished");
    return (*made)->id;
  }
  Policy policy(bool automatic = false) {
    return {.name = "p", .channel = "stable", .automatic = automatic, .settle = 60s, .course = two_waves()};
  }
};

TEST_F(RolloutStoreTest, WithoutPolicyAndRolloutNobodyIsSteered) {
  EXPECT_EQ(plan(1, 2), std::nullopt);
  make(two_waves());
  EXPECT_NE(plan(1, 2), std::nullopt);
  EXPECT_EQ(index().plan({.host_id = host_id(1), .channel = "canary", .build_id = kKernel}), std::nullopt);
}

TEST_F(RolloutStoreTest, TheFirstRolloutLeavesEverybodyWhatWasThereBefore) {
  make(two_waves());
  // Who has the new level already keeps it; who has the one before, or nothing, may have the one before.
  EXPECT_EQ(plan(1, 3)->level, 3u);
  EXPECT_EQ(plan(1, 2)->level, 2u);
  EXPECT_EQ(plan(1, 0)->level, 2u);
  // No rollout names this kernel: it keeps what it has, and gets nothing.
  EXPECT_EQ(plan(1, 1, std::string(40, 'b'))->level, 1u);
  EXPECT_EQ(plan(1, 0, std::string(40, 'b'))->level, 0u);
}

TEST_F(RolloutStoreTest, AFirstLevelIsTakenBackToNone) {
  ASSERT_TRUE(rollouts_.make(order(two_waves(), {{kKernel, {.level = 1}}}), kOperator, now_));
  EXPECT_EQ(plan(1, 1)->level, 1u);
  EXPECT_EQ(say(RolloutCommand::kRevert), "reverted");
  EXPECT_EQ(plan(1, 1)->level, 0u);
}

TEST_F(RolloutStoreTest, APolicyGovernsItsChannelFromThenOn) {
  ASSERT_TRUE(rollouts_.put_policy(policy(), {{kKernel, {.level = 2, .before = 1}}}, kOperator, now_));
  EXPECT_EQ(plan(1, 0)->level, 2u);
  // Another kernel that comes later is new whole.
  const std::string later(40, 'c');
  ASSERT_TRUE(rollouts_.make(order(two_waves(), {{later, {.level = 2, .before = 1}}}), kOperator, now_));
  EXPECT_EQ(plan(1, 0, later)->level, 0u);
  EXPECT_EQ((*rollouts_.levels(1)).at(later), (TargetLevel{.level = 2, .before = 0}));
  // The channel stays governed by its rollouts.
  EXPECT_TRUE(*rollouts_.remove_policy("p", kOperator, now_));
  EXPECT_FALSE(*rollouts_.remove_policy("p", kOperator, now_));
  EXPECT_EQ(plan(1, 0)->level, 2u);
}

TEST_F(RolloutStoreTest, APolicyThatGoesBeforeAnyRolloutLeavesNothing) {
  ASSERT_TRUE(rollouts_.put_policy(policy(), {{kKernel, {.level = 2}}}, kOperator, now_));
  ASSERT_TRUE(*rollouts_.remove_policy("p", kOperator, now_));
  EXPECT_EQ(plan(1, 2), std::nullopt);
  EXPECT_EQ(rollouts_.policies()->size(), 0u);
}

TEST_F(RolloutStoreTest, PoliciesAreReplacedAndRead) {
  ASSERT_TRUE(rollouts_.put_policy(policy(), {}, kOperator, now_));
  ASSERT_TRUE(rollouts_.put_policy(policy(true), {{kKernel, {.level = 9}}}, kOperator, now_));
  EXPECT_EQ(**rollouts_.policy("p"), policy(true));
  EXPECT_EQ(*rollouts_.policy("q"), std::nullopt);
  EXPECT_EQ(plan(1, 0)->level, 0u) << "only the first policy of a channel takes what is there";
}

TEST_F(RolloutStoreTest, EachStateHasRoomForSomeCommands) {
  using enum RolloutCommand;
  const std::map<std::string, std::map<RolloutCommand, std::string>> wanted{
      {"waiting",
       {{kHalt, "halted"},
        {kResume, "rollout.state"},
        {kRevert, "reverted"},
        {kCancel, "cancelled"},
        {kUrgent, "running"}}},
      {"running",
       {{kHalt, "halted"},
        {kResume, "rollout.state"},
        {kRevert, "reverted"},
        {kCancel, "cancelled"},
        {kUrgent, "running"}}},
      {"soaking",
       {{kHalt, "halted"},
        {kResume, "rollout.state"},
        {kRevert, "reverted"},
        {kCancel, "cancelled"},
        {kUrgent, "running"}}},
      {"halted",
       {{kHalt, "rollout.state"},
        {kResume, "waiting"},
        {kRevert, "reverted"},
        {kCancel, "cancelled"},
        {kUrgent, "running"}}},
      {"reverted",
       {{kHalt, "rollout.state"},
        {kResume, "rollout.state"},
        {kRevert, "rollout.state"},
        {kCancel, "rollout.state"},
        {kUrgent, "rollout.state"}}},
      {"finished",
       {{kHalt, "rollout.state"},
        {kResume, "rollout.state"},
        {kRevert, "reverted"},
        {kCancel, "rollout.state"},
        {kUrgent, "rollout.state"}}},
      {"cancelled",
       {{kHalt, "rollout.state"},
        {kResume, "rollout.state"},
        {kRevert, "reverted"},
        {kCancel, "rollout.state"},
        {kUrgent, "rollout.state"}}},
  };
  for (const auto& [from, commands] : wanted) {
    for (const auto& [command, to] : commands) {
      Rollout rollout{.id = 1, .course = two_waves(), .state = *rollout_state_from_name(from)};
      if (rollout.watched()) rollout.begun.resize(1);
      const auto done = obey(rollout, command, kOperator, {}, now_);
      EXPECT_EQ(done ? std::string(name_of(rollout.state)) : done.error().code, to)
          << from << " " << name_of(command);
    }
  }
}

TEST_F(RolloutStoreTest, ARolloutThatIsNotThereIsTold) {
  EXPECT_EQ(say(RolloutCommand::kHalt, 7), "unknown");
  EXPECT_EQ(*rollouts_.approve(7, false, kOperator, now_), std::nullopt);
  EXPECT_EQ(*rollouts_.rollout(7), std::nullopt);
}

TEST_F(RolloutStoreTest, WhatWasCancelledOrHaltedTakesNothingAway) {
  report_all(20, 2);
  make(two_waves());
  tick();
  const auto in = in_waves(20);
  ASSERT_FALSE(in.empty());
  EXPECT_EQ(say(RolloutCommand::kCancel), "cancelled");
  EXPECT_TRUE(in_waves(20).empty());
  EXPECT_EQ(plan(in[0], 3)->level, 3u);
  EXPECT_EQ(say(RolloutCommand::kRevert), "reverted");
  EXPECT_EQ(plan(in[0], 3)->level, 2u);
}

TEST_F(RolloutStoreTest, AFinishedOneIsRevertedToWhatWasThere) {
  finish(3, 2);
  const auto second = finish(4, 3);
  EXPECT_EQ(plan(1, 4)->level, 4u);
  EXPECT_EQ(say(RolloutCommand::kRevert, second), "reverted");
  EXPECT_EQ(plan(1, 4)->level, 3u);
  // The one before is not above what later ones brought.
  const auto third = finish(5, 4);
  EXPECT_EQ(say(RolloutCommand::kRevert, 1), "reverted");
  EXPECT_EQ(plan(1, 5)->level, 5u);
  EXPECT_EQ(say(RolloutCommand::kRevert, third), "reverted");
  EXPECT_EQ(plan(1, 5)->level, 3u);
}

TEST_F(RolloutStoreTest, ALevelThatWasTakenBackComesAgainOnlyWhenAsked) {
  report_all(20, 2);
  make(two_waves());
  EXPECT_EQ(say(RolloutCommand::kRevert), "reverted");
  const auto again = rollouts_.make(order(two_waves()), kOperator, now_);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, "rollout.nothing-new");
  RolloutOrder wanted = order(two_waves());
  wanted.again = true;
  EXPECT_TRUE(rollouts_.make(wanted, kOperator, now_));
}

TEST_F(RolloutStoreTest, ThereMustBeSomethingToBring) {
  EXPECT_EQ(rollouts_.make(order(two_waves(), {}), kOperator, now_).error().code, "rollout.nothing-new");
  EXPECT_EQ(plan(1, 2), std::nullopt) << "what was refused governs no channel";
  finish(3, 2);
  EXPECT_EQ(rollouts_.make(order(two_waves()), kOperator, now_).error().code, "rollout.nothing-new");
}

TEST_F(RolloutStoreTest, AChannelHasSoManyAtATime) {
  for (int i = 0; i < 16; ++i) make(two_waves());
  EXPECT_EQ(rollouts_.make(order(two_waves()), kOperator, now_).error().code, "rollout.too-many");
  EXPECT_EQ(say(RolloutCommand::kCancel, 3), "cancelled");
  make(two_waves());
}

TEST_F(RolloutStoreTest, OfSeveralTheHighestCounts) {
  report_all(20, 2);
  Course all = two_waves();
  all.waves[0].hosts.share = kAll;
  make(all);
  tick();
  const auto second =
      rollouts_.make(order(two_waves(), {{kKernel, {.level = 4, .before = 3}}}), kOperator, now_);
  ASSERT_TRUE(second);
  tick();
  EXPECT_EQ(in_waves(20, 4).size(), 2u);
  EXPECT_EQ(in_waves(20, 3).size(), 18u);
  EXPECT_EQ(say(RolloutCommand::kRevert, 2), "reverted");
  EXPECT_EQ(in_waves(20, 3).size(), 20u);
  EXPECT_EQ(plan(in_waves(20, 3)[0], 4)->level, 3u);
}

TEST_F(RolloutStoreTest, ListsGoBackFromTheNewest) {
  for (int i = 0; i < 3; ++i) make(two_waves());
  EXPECT_EQ(say(RolloutCommand::kCancel, 2), "cancelled");
  const auto ids = [&](const RolloutQuery& query) {
    std::vector<std::int64_t> found;
    const auto page = rollouts_.rollouts(query);
    for (const auto& each : page->items) found.push_back(each.id);
    return found;
  };
  EXPECT_THAT(ids({}), ElementsAre(3, 2, 1));
  EXPECT_THAT(ids({.limit = 2}), ElementsAre(3, 2));
  EXPECT_TRUE(rollouts_.rollouts({.limit = 2})->more);
  EXPECT_THAT(ids({.before = 2}), ElementsAre(1));
  EXPECT_THAT(ids({.state = RolloutState::kCancelled}), ElementsAre(2));
  EXPECT_THAT(ids({.channel = "stable", .state = RolloutState::kWaiting}), ElementsAre(3, 1));
  EXPECT_THAT(ids({.channel = "canary"}), ElementsAre());
}

TEST_F(RolloutStoreTest, EverythingIsInTheAuditLog) {
  Course course = two_waves();
  course.waves[0].approvals = {.count = 1};
  make(course);
  ASSERT_TRUE(rollouts_.approve(1, false, {"user alice", "alice"}, now_));
  EXPECT_EQ(say(RolloutCommand::kHalt), "halted");
  EXPECT_EQ(say(RolloutCommand::kResume), "waiting");
  report_all(20, 2);
  tick();
  AccessStore access = *AccessStore::open(database_.again());
  std::vector<std::string> said;
  const auto page = access.entries(INT64_MAX, 100);
  for (const auto& entry : page->items) {
    said.push_back(entry.event.who + " " + entry.event.action + " " + entry.event.object);
  }
  EXPECT_THAT(said, ElementsAre("server rollout.running rollout 1 of stable, wave 1",
                                "token 1 op rollout.resume rollout 1 of stable",
                                "token 1 op rollout.halt rollout 1 of stable",
                                "user alice rollout.approve rollout 1 of stable, wave 1",
                                "token 1 maker rollout.start rollout 1 of stable"));
  EXPECT_TRUE(access.verify());
}

TEST_F(RolloutStoreTest, ARefusedCommandWritesNothing) {
  make(two_waves());
  const auto before = *rollouts_.moment();
  EXPECT_EQ(say(RolloutCommand::kResume), "rollout.state");
  EXPECT_EQ(*rollouts_.moment(), before);
  EXPECT_EQ(rollout().version, 0);
}

// Automatic ones.

class AutomaticTest : public RolloutStoreTest {
 protected:
  bool look() {
    const auto made = automatic_.look(now_);
    EXPECT_TRUE(made) << made.error().message();
    return made.value_or(false);
  }
  std::string word_ = "one";
  TargetLevels published_{{kKernel, {.level = 2, .before = 1}}};
  int read_ = 0;
  Automatic automatic_{{.rollouts = rollouts_,
                        .word = [this] { return word_; },
                        .levels = [this](const std::string&) -> Result<TargetLevels> {
                          ++read_;
                          return published_;
                        }}};
};

TEST_F(AutomaticTest, ANewLevelBeginsARolloutOnceTheRepositoryIsQuiet) {
  ASSERT_TRUE(rollouts_.put_policy(policy(true), published_, kOperator, now_));
  EXPECT_FALSE(look());
  wait(60s);
  EXPECT_FALSE(look()) << "what was there is not new";
  word_ = "two";
  published_[kKernel] = {.level = 3, .before = 2};
  EXPECT_FALSE(look());
  wait(30s);
  word_ = "three";
  EXPECT_FALSE(look());
  wait(59s);
  EXPECT_FALSE(look());
  wait(1s);
  EXPECT_TRUE(look());
  EXPECT_EQ(rollout().made_by, "policy p");
  EXPECT_EQ(rollout().policy, "p");
  EXPECT_EQ((*rollouts_.levels(1)).at(kKernel), (TargetLevel{.level = 3, .before = 2}));
  const int read = read_;
  wait(1h);
  EXPECT_FALSE(look());
  EXPECT_EQ(read_, read) << "nothing is read while nothing changes";
}

TEST_F(AutomaticTest, WhatWasBroughtOrTakenBackIsNotBroughtAgain) {
  ASSERT_TRUE(rollouts_.put_policy(policy(true), published_, kOperator, now_));
  published_[kKernel] = {.level = 3, .before = 2};
  look();
  wait(60s);
  ASSERT_TRUE(look());
  for (const RolloutCommand command :
       {RolloutCommand::kHalt, RolloutCommand::kCancel, RolloutCommand::kRevert}) {
    say(command);
    word_ += "x";
    look();
    wait(60s);
    EXPECT_FALSE(look()) << name_of(command);
  }
  published_[kKernel] = {.level = 4, .before = 3};
  word_ += "x";
  look();
  wait(60s);
  EXPECT_TRUE(look());
}

TEST_F(AutomaticTest, TwoServersMakeOne) {
  ASSERT_TRUE(rollouts_.put_policy(policy(true), published_, kOperator, now_));
  published_[kKernel] = {.level = 3, .before = 2};
  RolloutStore other_rollouts = *RolloutStore::open(database_.again());
  Automatic other({.rollouts = other_rollouts,
                   .word = [this] { return word_; },
                   .levels = [this](const std::string&) -> Result<TargetLevels> { return published_; }});
  look();
  ASSERT_TRUE(other.look(now_));
  wait(60s);
  EXPECT_TRUE(look());
  EXPECT_FALSE(*other.look(now_));
  EXPECT_EQ(rollouts_.rollouts({})->items.size(), 1u);
}

TEST_F(AutomaticTest, APolicyThatIsNotAutomaticMakesNone) {
  ASSERT_TRUE(rollouts_.put_policy(policy(false), published_, kOperator, now_));
  published_[kKernel] = {.level = 3, .before = 2};
  look();
  wait(1h);
  EXPECT_FALSE(look());
}

}  // namespace
}  // namespace suture::server
