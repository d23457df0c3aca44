// SPDX-License-Identifier: Apache-2.0
#include "engine/engine_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "engine/patch_module.h"

namespace suture {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// What all the engines of a test did, in order: "klp apply 2".
using Record = std::vector<std::string>;

class RecordingEngine : public NamedEngine {
 public:
  RecordingEngine(std::string name, Record& record) : name_(std::move(name)), record_(record) {}

  std::string_view name() const override { return name_; }
  Result<RunningKernel> kernel() const override {
    RunningKernel running;
    running.release = name_;
    return running;
  }
  Result<Applied> observe() const override {
    return Applied{.level = level,
                   .module_name = level == 0 ? "" : name_ + "_" + std::to_string(level),
                   .transition = transition,
                   .engine = level == 0 ? "" : name_};
  }
  Result<void> check(const Patchset&, const PatchsetFiles&) const override {
    if (!unfit.empty()) return fail(unfit, "apply by " + name_, unfit + " here", "A hint.");
    return {};
  }
  Result<void> apply(const Patchset& patchset, const PatchsetFiles&,
                     const std::function<void()>& under_way) override {
    record_.push_back(name_ + " apply " + std::to_string(patchset.level));
    if (!refusal.empty()) return fail(refusal, "apply by " + name_, name_ + " will not", "A hint.");
    under_way();
    level = patchset.level;
    return {};
  }
  Result<void> revert() override {
    record_.push_back(name_ + " revert");
    if (!stuck.empty()) return fail(stuck, "revert by " + name_, "stuck");
    level = 0;
    return {};
  }

  std::uint32_t level = 0;
  bool transition = false;
  std::string unfit;
  std::string refusal;
  std::string stuck;

 private:
  std::string name_;
  Record& record_;
};

Patchset patchset_of(std::uint32_t level, const std::vector<std::string>& engines) {
  Patchset patchset;
  patchset.level = level;
  for (const std::string& engine : engines)
    patchset.modules.push_back({engine, engine, engine + ".ko", "", 0});
  return patchset;
}

class Choice : public testing::Test {
 protected:
  void SetUp() override { prefer({"klp", "stopmachine"}); }
  void prefer(std::vector<std::string> preference) {
    std::vector<std::unique_ptr<NamedEngine>> engines;
    for (const char* name : {"klp", "stopmachine"}) {
      auto engine = std::make_unique<RecordingEngine>(name, record_);
      engines_[name] = engine.get();
      engines.push_back(std::move(engine));
    }
    choice_ = std::make_unique<EngineChoice>(std::move(engines), std::move(preference));
  }
  RecordingEngine& klp() { return *engines_["klp"]; }
  RecordingEngine& stop() { return *engines_["stopmachine"]; }
  /// Its code; empty when it went well.
  std::string apply(const Patchset& patchset) {
    const auto applied = choice_->apply(patchset, {});
    error_ = applied ? Error{} : applied.error();
    return error_.code;
  }

  Record record_;
  std::map<std::string, RecordingEngine*> engines_;
  std::unique_ptr<EngineChoice> choice_;
  Error error_;
};

const std::vector<std::string> kBoth = {"klp", "stopmachine"};

TEST_F(Choice, TheFirstOneDoesIt) {
  EXPECT_EQ(apply(patchset_of(2, kBoth)), "");
  EXPECT_THAT(record_, ElementsAre("klp apply 2"));
  EXPECT_EQ(choice_->observe()->engine, "klp");
  EXPECT_EQ(choice_->observe()->level, 2u);
}

TEST_F(Choice, TheOrderIsTheAdministrators) {
  prefer({"stopmachine", "klp"});
  EXPECT_EQ(apply(patchset_of(2, kBoth)), "");
  EXPECT_THAT(record_, ElementsAre("stopmachine apply 2"));
}

TEST_F(Choice, WhatThePatchsetLacksIsPassedOver) {
  EXPECT_EQ(apply(patchset_of(2, {"stopmachine"})), "");
  EXPECT_THAT(record_, ElementsAre("stopmachine apply 2"));
}

TEST_F(Choice, WhatMayNotBeUsedIsNot) {
  prefer({"klp"});
  EXPECT_EQ(apply(patchset_of(2, {"stopmachine"})), "engine.no-module");
  EXPECT_THAT(record_, ElementsAre());
}

TEST_F(Choice, AKernelThatDoesNotTakeTheFirstIsGivenTheSecond) {
  klp().unfit = "engine.no-livepatch";
  EXPECT_EQ(apply(patchset_of(2, kBoth)), "");
  EXPECT_THAT(record_, ElementsAre("stopmachine apply 2"));
}

TEST_F(Choice, AStalledTransitionIsLeftToTheNext) {
  klp().refusal = "engine.transition-stalled";
  EXPECT_EQ(apply(patchset_of(2, kBoth)), "");
  EXPECT_THAT(record_, ElementsAre("klp apply 2", "stopmachine apply 2"));
  EXPECT_EQ(choice_->observe()->engine, "stopmachine");
}

TEST_F(Choice, AnEngineThatDoesNotRunHereIsFollowedByTheNext) {
  prefer({"stopmachine", "klp"});
  stop().refusal = "engine.engine-refused";
  EXPECT_EQ(apply(patchset_of(2, kBoth)), "");
  EXPECT_THAT(record_, ElementsAre("stopmachine apply 2", "klp apply 2"));
}

// The way back that stalls as well leaves a transition behind: nobody else may touch that.
TEST_F(Choice, AfterOtherFailuresNobodyElseTries) {
  for (const char* code : {"engine.transition-stuck", "engine.load-refused"}) {
    klp().refusal = code;
    EXPECT_EQ(apply(patchset_of(2, kBoth)), code);
  }
  EXPECT_THAT(record_, ElementsAre("klp apply 2", "klp apply 2"));
}

TEST_F(Choice, TheErrorTellsOfBoth) {
  klp().refusal = stop().refusal = "engine.transition-stalled";
  EXPECT_EQ(apply(patchset_of(2, kBoth)), "engine.transition-stalled");
  EXPECT_THAT(error_.why, HasSubstr("by klp: klp will not"));
  EXPECT_THAT(error_.why, HasSubstr("by stopmachine: stopmachine will not"));
  klp().unfit = stop().unfit = "engine.foreign-patcher";
  EXPECT_EQ(apply(patchset_of(2, kBoth)), "engine.foreign-patcher");
  EXPECT_EQ(error_.why, "engine.foreign-patcher here");
}

TEST_F(Choice, WhoHoldsALevelReplacesIt) {
  stop().level = 1;
  EXPECT_EQ(apply(patchset_of(2, kBoth)), "");
  EXPECT_THAT(record_, ElementsAre("stopmachine apply 2"));
}

// For the sake of another try the kernel is not left unpatched.
TEST_F(Choice, WhoHoldsALevelIsNotGivenUpForAnotherTry) {
  klp().level = 1;
  klp().refusal = "engine.transition-stalled";
  EXPECT_EQ(apply(patchset_of(2, kBoth)), "engine.transition-stalled");
  EXPECT_THAT(error_.hint, HasSubstr("suture revert"));
  EXPECT_THAT(record_, ElementsAre("klp apply 2"));
  EXPECT_EQ(choice_->observe()->level, 1u);
}

TEST_F(Choice, ALevelMovesToAnotherEngineWhenThePatchsetDoes) {
  klp().level = 1;
  EXPECT_EQ(apply(patchset_of(2, {"stopmachine"})), "");
  EXPECT_THAT(record_, ElementsAre("klp revert", "stopmachine apply 2"));
}

TEST_F(Choice, ALevelMovesWhenItsEngineMayNotBeUsedAnyMore) {
  prefer({"stopmachine"});
  klp().level = 1;
  EXPECT_EQ(apply(patchset_of(2, kBoth)), "");
  EXPECT_THAT(record_, ElementsAre("klp revert", "stopmachine apply 2"));
}

TEST_F(Choice, NothingMovesBeforeTheOtherEngineWouldTakeIt) {
  klp().level = 1;
  stop().unfit = "engine.modules-disabled";
  EXPECT_EQ(apply(patchset_of(2, {"stopmachine"})), "engine.modules-disabled");
  EXPECT_THAT(record_, ElementsAre());
  stop().unfit = "";
  klp().stuck = "engine.transition-stuck";
  EXPECT_EQ(apply(patchset_of(2, {"stopmachine"})), "engine.transition-stuck");
  EXPECT_THAT(record_, ElementsAre("klp revert"));
}

TEST_F(Choice, AMoveThatFailsTellsWhatIsGone) {
  klp().level = 1;
  stop().refusal = "engine.load-refused";
  EXPECT_EQ(apply(patchset_of(2, {"stopmachine"})), "engine.load-refused");
  EXPECT_THAT(error_.why, HasSubstr("klp_1, which another engine held, was taken out before"));
}

TEST_F(Choice, TwoThatHoldLevelsAreBothTakenOut) {
  klp().level = 1;
  stop().level = 2;
  EXPECT_EQ(apply(patchset_of(3, kBoth)), "engine.two-engines");
  EXPECT_EQ(choice_->observe()->level, 2u);
  EXPECT_TRUE(choice_->revert());
  EXPECT_THAT(record_, ElementsAre("klp revert", "stopmachine revert"));
  EXPECT_EQ(*choice_->observe(), Applied{});
}

TEST_F(Choice, OneThatIsStuckDoesNotKeepTheOtherIn) {
  klp().level = stop().level = 1;
  klp().stuck = "engine.transition-stuck";
  EXPECT_EQ(choice_->revert().error().code, "engine.transition-stuck");
  EXPECT_EQ(stop().level, 0u);
}

TEST_F(Choice, ATransitionIsSeenWhoeverHasIt) {
  klp().transition = true;
  stop().level = 2;
  EXPECT_TRUE(choice_->observe()->transition);
  EXPECT_EQ(choice_->observe()->engine, "stopmachine");
}

}  // namespace
}  // namespace suture
