// SPDX-License-Identifier: Apache-2.0
#include "server/rollout/gates.h"

#include <gtest/gtest.h>

#include "server/rollout/evidence.h"
#include "server/rollout/metric_gate.h"

namespace suture::server {
namespace {

constexpr Gates kGates{.min_reports = 5,
                       .min_reporting = 5'000,
                       .min_applied = 9'000,
                       .max_failed = 1'000,
                       .max_stalled = 1'000,
                       .max_reverted = 1'000,
                       .max_silent = 2'000,
                       .max_crashed = 0};

std::string judged(const WaveCounts& counts, const Gates& gates = kGates) {
  const Judgement judgement = judge_counts(gates, counts);
  switch (judgement.verdict) {
    case Verdict::kPass:
      return "pass";
    case Verdict::kWait:
      return "wait " + judgement.reason.code;
    case Verdict::kFail:
      return "fail " + judgement.reason.code;
  }
  return "";
}

TEST(Gates, ALittleEvidenceIsWaitedFor) {
  EXPECT_EQ(judged({.hosts = 100}), "wait rollout.evidence");
  EXPECT_EQ(judged({.hosts = 100, .reporting = 49, .applied = 49}), "wait rollout.evidence");
  EXPECT_EQ(judged({.hosts = 100, .reporting = 50, .applied = 50}), "pass");
  EXPECT_EQ(judged({.hosts = 8, .reporting = 4, .applied = 4}), "wait rollout.evidence");
  EXPECT_EQ(judged({.hosts = 8, .reporting = 5, .applied = 5}), "pass");
  // A wave that has fewer hosts than must report needs them all.
  EXPECT_EQ(judged({.hosts = 2, .reporting = 1, .applied = 1}), "wait rollout.evidence");
  EXPECT_EQ(judged({.hosts = 2, .reporting = 2, .applied = 2}), "pass");
}

TEST(Gates, AWaveWithoutHostsNeverPasses) {
  EXPECT_EQ(judged({}), "wait rollout.no-host");
  Gates none = kGates;
  none.min_reports = 0;
  EXPECT_EQ(judged({}, none), "pass");
}

TEST(Gates, TooFewThatAppliedAreWaitedFor) {
  EXPECT_EQ(judged({.hosts = 100, .reporting = 100, .applied = 89}), "wait rollout.applied");
  EXPECT_EQ(judged({.hosts = 100, .reporting = 100, .applied = 90}), "pass");
  EXPECT_EQ(judged({.hosts = 100, .reporting = 60, .applied = 54}), "pass");
}

TEST(Gates, TooManyFailAtOnceAndJustEnoughDoNot) {
  EXPECT_EQ(judged({.hosts = 100, .reporting = 100, .applied = 90, .failed = 10}), "pass");
  EXPECT_EQ(judged({.hosts = 100, .reporting = 100, .applied = 89, .failed = 11}), "fail rollout.failed");
  // Of those that reported, once they are enough; before that, only what is too much of the whole wave.
  EXPECT_EQ(judged({.hosts = 100, .reporting = 50, .applied = 44, .failed = 6}), "fail rollout.failed");
  EXPECT_EQ(judged({.hosts = 100, .reporting = 20, .applied = 14, .failed = 6}), "wait rollout.evidence");
  EXPECT_EQ(judged({.hosts = 100, .reporting = 20, .applied = 9, .failed = 11}), "fail rollout.failed");
}

TEST(Gates, EachHasItsOwnReason) {
  EXPECT_EQ(judged({.hosts = 100, .reporting = 1, .crashed = 1}), "fail rollout.crashed");
  EXPECT_EQ(judged({.hosts = 100, .reporting = 100, .applied = 85, .reverted = 11}), "fail rollout.reverted");
  EXPECT_EQ(judged({.hosts = 100, .reporting = 100, .applied = 85, .stalled = 11}), "fail rollout.stalled");
  EXPECT_EQ(judged({.hosts = 100, .reporting = 79, .applied = 79, .silent = 21}), "fail rollout.silent");
  EXPECT_EQ(judged({.hosts = 100, .reporting = 80, .applied = 80, .silent = 20}), "pass");
}

TEST(Gates, WhatIsNotLookedAtNeverFails) {
  Gates blind = kGates;
  blind.max_failed.reset();
  blind.max_stalled.reset();
  blind.max_reverted.reset();
  blind.max_silent.reset();
  blind.max_crashed.reset();
  EXPECT_EQ(
      judged(
          {.hosts = 10, .reporting = 10, .failed = 4, .stalled = 2, .reverted = 2, .crashed = 2, .silent = 9},
          blind),
      "wait rollout.applied");
}

TEST(Gates, TheReasonSaysHowMany) {
  const auto failed = judge_counts(kGates, {.hosts = 40, .reporting = 40, .applied = 30, .failed = 10});
  EXPECT_EQ(failed.reason.text, "10 of 40 hosts failed, where at most 10 % may");
}

TEST(Gates, OneThatFailsIsStrongerThanOneThatWaits) {
  const Judgement pass{Verdict::kPass, {}};
  const Judgement wait{Verdict::kWait, {"rollout.metric", "one"}};
  const Judgement fail{Verdict::kFail, {"rollout.metric", "two"}};
  EXPECT_EQ(together({}), pass);
  EXPECT_EQ(together({pass, wait}), wait);
  EXPECT_EQ(together({wait, pass, fail}), fail);
}

TEST(Outcomes, AreToldByWhatAgentsSay) {
  const auto outcome = [](HostState state, std::uint32_t level, std::string error) {
    return outcome_of({.level = level, .state = state, .error = std::move(error)}, 3);
  };
  EXPECT_EQ(outcome(HostState::kApplied, 3, ""), Outcome::kApplied);
  EXPECT_EQ(outcome(HostState::kApplied, 4, ""), Outcome::kApplied);
  EXPECT_EQ(outcome(HostState::kApplied, 2, ""), Outcome::kPending);
  EXPECT_EQ(outcome(HostState::kUnpatched, 0, ""), Outcome::kPending);
  EXPECT_EQ(outcome(HostState::kFailed, 2, "engine.load-refused"), Outcome::kFailed);
  EXPECT_EQ(outcome(HostState::kFailed, 2, "engine.transition-stalled"), Outcome::kStalled);
  EXPECT_EQ(outcome(HostState::kFailed, 2, "engine.transition-stuck"), Outcome::kStalled);
  EXPECT_EQ(outcome(HostState::kReverted, 0, ""), Outcome::kReverted);
  EXPECT_EQ(outcome(HostState::kFailed, 2, "agent.bad-sign"), Outcome::kReverted);
  EXPECT_EQ(outcome(HostState::kFailed, 0, "agent.went-down"), Outcome::kCrashed);
  EXPECT_EQ(outcome(HostState::kFailed, 0, "agent.quarantined"), Outcome::kCrashed);
  EXPECT_EQ(outcome(HostState::kUnsupported, 0, ""), Outcome::kUnsupported);
  HostReport report;
  report.state = HostState::kApplied;
  report.level = 3;
  report.transition = true;
  report.quarantined = {4};
  EXPECT_EQ(outcome_of(report, 3), Outcome::kPending) << "not every task runs it yet";
  EXPECT_EQ(outcome_of(report, 2), Outcome::kApplied);
  EXPECT_EQ(outcome_of(report, 4), Outcome::kReverted) << "it did harm there, and the error was forgotten";
  // What failed later is a later level's business.
  EXPECT_EQ(outcome(HostState::kFailed, 3, "engine.load-refused"), Outcome::kApplied);
}

// Metrics.

const MetricGate kErrors{.name = "errors", .url = "http://p", .query = "q", .compare = "<", .threshold = 0.5};

Verdict prometheus(std::string_view answer, const MetricGate& gate = kErrors) {
  return judge_prometheus(gate, answer).verdict;
}

TEST(MetricGates, PrometheusAnswersWithOneNumber) {
  EXPECT_EQ(prometheus(R"({"status":"success","data":{"resultType":"scalar","result":[1,"0.25"]}})"),
            Verdict::kPass);
  EXPECT_EQ(prometheus(R"({"status":"success","data":{"resultType":"scalar","result":[1,"0.5"]}})"),
            Verdict::kFail);
  EXPECT_EQ(prometheus(R"({"status":"success","data":{"resultType":"vector",
                           "result":[{"metric":{"a":"b"},"value":[1.5,"1e-3"]}]}})"),
            Verdict::kPass);
  EXPECT_EQ(prometheus(R"({"status":"success","data":{"resultType":"scalar","result":[1,"+Inf"]}})"),
            Verdict::kFail);
}

TEST(MetricGates, WhatIsNoNumberIsNoEvidence) {
  for (
      const char* answer :
      {"", "[]", "{}", "<html>", R"({"status":"error","errorType":"bad_data","error":"parse"})",
       R"({"status":"success"})", R"({"status":"success","data":[]})",
       R"({"status":"success","data":{"resultType":"vector","result":[]}})",
       R"({"status":"success","data":{"resultType":"vector","result":[1]}})",
       R"({"status":"success","data":{"resultType":"vector","result":[{"value":[1,"1"]},{"value":[1,"1"]}]}})",
       R"({"status":"success","data":{"resultType":"matrix","result":[{"value":[1,"1"]}]}})",
       R"({"status":"success","data":{"resultType":"scalar","result":[1,"NaN"]}})",
       R"({"status":"success","data":{"resultType":"scalar","result":[1,"1 "]}})",
       R"({"status":"success","data":{"resultType":"scalar","result":[1,2]}})"}) {
    EXPECT_EQ(prometheus(answer), Verdict::kWait) << answer;
  }
}

TEST(MetricGates, EveryComparisonHolds) {
  const char* two = R"({"status":"success","data":{"resultType":"scalar","result":[1,"2"]}})";
  const auto compared = [&](const char* compare, double threshold) {
    return prometheus(two, {.name = "m", .query = "q", .compare = compare, .threshold = threshold}) ==
           Verdict::kPass;
  };
  EXPECT_TRUE(compared("<", 3) && !compared("<", 2));
  EXPECT_TRUE(compared("<=", 2) && !compared("<=", 1));
  EXPECT_TRUE(compared(">", 1) && !compared(">", 2));
  EXPECT_TRUE(compared(">=", 2) && !compared(">=", 3));
  EXPECT_TRUE(compared("==", 2) && !compared("==", 3));
  EXPECT_TRUE(compared("!=", 3) && !compared("!=", 2));
}

TEST(MetricGates, AWebhookSaysYesOrNo) {
  const MetricGate hook{.name = "hook", .url = "https://h"};
  EXPECT_EQ(judge_webhook(hook, R"({"pass": true})").verdict, Verdict::kPass);
  const auto no = judge_webhook(hook, "{\"pass\": false, \"reason\": \"a\\u0007b\"}");
  EXPECT_EQ(no.verdict, Verdict::kFail);
  EXPECT_EQ(no.reason.text, "metric hook: the webhook says no: a b");
  for (const char* answer : {"", "true", "{}", R"({"pass": 1})", R"({"pass": "true"})"}) {
    EXPECT_EQ(judge_webhook(hook, answer).verdict, Verdict::kWait) << answer;
  }
}

TEST(MetricGates, OnlyAllowedPlacesAreAsked) {
  const MetricSources sources({"http://prometheus:9090", "https://hooks.example.org/suture/"});
  EXPECT_TRUE(sources.allows("http://prometheus:9090"));
  EXPECT_TRUE(sources.allows("http://prometheus:9090/"));
  EXPECT_TRUE(sources.allows("http://prometheus:9090/sub"));
  EXPECT_TRUE(sources.allows("https://hooks.example.org/suture/gate"));
  EXPECT_FALSE(sources.allows("http://prometheus:90901"));
  EXPECT_FALSE(sources.allows("http://prometheus:9090@evil.example.org"));
  EXPECT_FALSE(sources.allows("http://prometheus:9090.evil.example.org"));
  EXPECT_FALSE(sources.allows("https://hooks.example.org/suture/../admin"));
  EXPECT_FALSE(sources.allows("https://hooks.example.org/"));
  EXPECT_FALSE(MetricSources().allows("http://127.0.0.1"));
  Course course{.waves = {Wave{.gates = {.metrics = {{.name = "m", .url = "http://169.254.169.254"}}}}}};
  EXPECT_EQ(sources.check(course).error().code, "rollout.metric-url");
  // One that was allowed when it was written is not asked when it is so no longer.
  EXPECT_EQ(ask_metric(course.waves[0].gates.metrics[0], sources, Rollout()).verdict, Verdict::kWait);
}

}  // namespace
}  // namespace suture::server
