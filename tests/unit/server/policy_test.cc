// SPDX-License-Identifier: Apache-2.0
//
// What people write about rollouts, right and wrong.
#include <gtest/gtest.h>

#include "base/json.h"
#include "server/rollout/rollout_json.h"

namespace suture::server {
namespace {

using namespace std::chrono_literals;

constexpr const char* kText = R"json({
  "channel": "stable", "automatic": true, "settle": "10m", "revert_on_failure": true,
  "gates": {"max_failed": 2.5, "max_silent": null, "silent_after": "1h"},
  "urgent": {"count": 2},
  "waves": [
    {"percent": 1, "soak": "4h", "deadline": "1d"},
    {"percent": 0.5, "group": "web", "tag": "env=prod", "gates": {"max_failed": 0, "min_reports": 20,
     "metrics": [{"name": "errors", "url": "http://p:9090", "query": "sum(rate(e[5m]))", "compare": "<",
                  "threshold": 0.01}, {"name": "hook", "url": "https://h/gate"}]}},
    {"approvals": {"count": 1, "from": ["alice", "bob"], "own": true}}
  ]})json";

std::string why(std::string text, const char* from = "", const std::string& to = "") {
  if (const auto at = text.find(from); *from != '\0' && at != text.npos) {
    text.replace(at, std::string_view(from).size(), to);
  }
  const auto policy = parse_policy(text, "careful");
  return policy ? "taken" : policy.error().code + ": " + policy.error().why;
}

TEST(Policies, AreReadAsTheyAreMeant) {
  const auto policy = parse_policy(kText, "careful");
  ASSERT_TRUE(policy) << policy.error().message();
  EXPECT_EQ(policy->name, "careful");
  EXPECT_EQ(policy->channel, "stable");
  EXPECT_TRUE(policy->automatic);
  EXPECT_EQ(policy->settle, 10min);
  const Course& course = policy->course;
  EXPECT_TRUE(course.revert_on_failure);
  EXPECT_EQ(course.urgent.count, 2u);
  ASSERT_EQ(course.waves.size(), 3u);
  EXPECT_EQ(course.waves[0].hosts, (Selector{.share = 100}));
  EXPECT_EQ(course.waves[0].soak, 4h);
  EXPECT_EQ(course.waves[0].deadline, 24h);
  // The gates of all waves are where a wave's own begin.
  EXPECT_EQ(course.waves[0].gates.max_failed, 250u);
  EXPECT_EQ(course.waves[0].gates.max_silent, std::nullopt);
  EXPECT_EQ(course.waves[0].gates.silent_after, 1h);
  EXPECT_EQ(course.waves[1].hosts, (Selector{.share = 50, .group = "web", .tag = "env=prod"}));
  EXPECT_EQ(course.waves[1].gates.max_failed, 0u);
  EXPECT_EQ(course.waves[1].gates.max_silent, std::nullopt);
  EXPECT_EQ(course.waves[1].gates.min_reports, 20u);
  ASSERT_EQ(course.waves[1].gates.metrics.size(), 2u);
  EXPECT_EQ(course.waves[1].gates.metrics[0].threshold, 0.01);
  EXPECT_TRUE(course.waves[1].gates.metrics[1].query.empty());
  EXPECT_EQ(course.waves[2].hosts.share, kAll);
  EXPECT_EQ(course.waves[2].approvals, (Approvals{.count = 1, .from = {"alice", "bob"}, .own = true}));
  EXPECT_EQ(course.waves[2].deadline, 72h);
}

TEST(Policies, WhatIsWrittenIsReadBack) {
  const auto policy = parse_policy(kText, "careful");
  ASSERT_TRUE(policy);
  const auto again = parse_policy(to_json(*policy).dump(), "careful");
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(*again, *policy);
  const auto stored = course_from_store(stored_course(policy->course));
  ASSERT_TRUE(stored);
  EXPECT_EQ(*stored, policy->course);
  EXPECT_EQ(parse_policy(to_json(*policy).dump(), "other").error().code, "policy.schema");
}

TEST(Policies, WrongOnesAreRefusedWithTheirReason) {
  EXPECT_EQ(why(kText), "taken");
  EXPECT_EQ(why(kText, "\"max_failed\": 2.5", "\"max_faild\": 2.5"),
            "policy.schema: \"max_faild\" is not known");
  EXPECT_EQ(why(kText, "2.5", "101"),
            "policy.schema: \"max_failed\" is not a number of percent from 0 to 100");
  EXPECT_EQ(why(kText, "2.5", "-1"),
            "policy.schema: \"max_failed\" is not a number of percent from 0 to 100");
  EXPECT_EQ(why(kText, "2.5", "2.555"),
            "policy.schema: \"max_failed\" has more than two digits behind the point");
  EXPECT_EQ(why(kText, "2.5", "\"2\""),
            "policy.schema: \"max_failed\" is not a number of percent from 0 to 100");
  EXPECT_EQ(why(kText, "\"percent\": 1,", "\"percent\": 0,"), "policy.schema: a wave of 0 percent is none");
  EXPECT_EQ(why(kText, "\"4h\"", "\"4 hours\"").substr(0, 35), "policy.schema: \"soak\" is not a time");
  EXPECT_EQ(why(kText, "\"4h\"", "\"-4h\"").substr(0, 35), "policy.schema: \"soak\" is not a time");
  EXPECT_EQ(why(kText, "\"4h\"", "4").substr(0, 35), "policy.schema: \"soak\" is not a time");
  EXPECT_EQ(why(kText, "\"1d\"", "\"4h\""), "policy.schema: a wave's \"deadline\" is not after its \"soak\"");
  EXPECT_EQ(why(kText, "[\"alice\", \"bob\"]", "[\"alice\", \"alice\"]"),
            "policy.schema: an approver is named twice");
  EXPECT_EQ(why(kText, "{\"count\": 1", "{\"count\": 3"),
            "policy.schema: more approvals are wanted than there are approvers named");
  EXPECT_EQ(why(kText, "\"alice\"", "\"al ice\""), "policy.schema: an approver is not a name");
  EXPECT_EQ(why(kText, "\"<\"", "\"=<\""), "policy.schema: \"compare\" is none of < <= > >= == !=");
  EXPECT_EQ(why(kText, "0.01", "\"0.01\""), "policy.schema: \"threshold\" is not a number");
  EXPECT_EQ(why(kText, "http://p:9090", "file:///etc/passwd"),
            "policy.schema: a metric's \"url\" begins neither with https:// nor with http://");
  EXPECT_EQ(why(kText, "http://p:9090", "http://p:9090?query=1"),
            "policy.schema: a metric's \"url\" has ?, # or spaces");
  EXPECT_EQ(why(kText, "\"hook\"", "\"hook\", \"threshold\": 1"),
            "policy.schema: a webhook compares nothing");
  EXPECT_EQ(why(kText, "\"stable\"", "\"\"").substr(0, 33), "policy.schema: \"channel\" is not 1");
  EXPECT_EQ(why(kText, "\"automatic\": true", "\"automatic\": 1"),
            "policy.schema: \"automatic\" is neither true nor false");
  EXPECT_EQ(why(R"({"channel": "stable"})"), "policy.schema: \"waves\" is not a list of 1 to 32");
  EXPECT_EQ(why(R"({"channel": "stable", "waves": []})"),
            "policy.schema: \"waves\" is not a list of 1 to 32");
  EXPECT_EQ(why(R"({"channel": "stable", "waves": [1]})"), "policy.schema: what should be an object is none");
  EXPECT_EQ(why("[]"), "policy.schema: what should be an object is none");
  EXPECT_EQ(why("{").substr(0, 14), "json.malformed");
  std::string many = R"({"channel": "stable", "waves": [{})";
  for (int i = 0; i < 32; ++i) many += ", {}";
  EXPECT_EQ(why(many + "]}"), "policy.schema: \"waves\" is not a list of 1 to 32");
  EXPECT_EQ(why(std::string(70'000, ' ') + kText).substr(0, 14), "json.too-large");
  for (const char* name : {"", "-a", "a b", "a/b", "../a"}) {
    EXPECT_EQ(parse_policy(kText, name).error().code, "policy.schema") << name;
  }
}

TEST(Policies, ARolloutNamesAPolicyOrItsOwnCourse) {
  const auto named = parse_new_rollout(R"({"policy": "careful", "again": true})");
  ASSERT_TRUE(named);
  EXPECT_EQ(named->policy, "careful");
  EXPECT_TRUE(named->again);
  const auto own = parse_new_rollout(R"({"channel": "stable", "waves": [{"percent": 10}, {}]})");
  ASSERT_TRUE(own);
  EXPECT_EQ(own->course.waves.size(), 2u);
  EXPECT_FALSE(own->again);
  for (const char* text :
       {R"({"policy": "careful", "waves": [{}]})", R"({"policy": "careful", "channel": "stable"})",
        R"({"channel": "stable"})", R"({"waves": [{}]})", "{}", "[]", R"({"policy": ""})", R"({"policy": 1})",
        R"({"channel": "stable", "waves": [{}], "automatic": true})", R"({"policy": "a", "again": "yes"})"}) {
    const auto wrong = parse_new_rollout(text);
    ASSERT_FALSE(wrong) << text;
    EXPECT_EQ(wrong.error().code, "rollout.schema") << text;
  }
}

TEST(Policies, AnApprovalMayBeEmpty) {
  EXPECT_EQ(parse_approval(""), false);
  EXPECT_EQ(parse_approval("{}"), false);
  EXPECT_EQ(parse_approval(R"({"urgent": true})"), true);
  EXPECT_FALSE(parse_approval(R"({"wave": 1})"));
  EXPECT_FALSE(parse_approval("1"));
}

TEST(Policies, ProgressIsReadBack) {
  Rollout rollout{.state = RolloutState::kSoaking, .urgent = true};
  rollout.begun = {
      {.threshold = 4294967296, .began_at = Time(1'800'000'000s), .soaking_since = Time(1'800'000'060s)}};
  rollout.reason = {"rollout.failed", "2 of 3"};
  rollout.counts = {1, 2, 3, 4, 5, 6, 7, 8};
  rollout.ended_at = Time(1'800'000'100s);
  Rollout read{.state = RolloutState::kSoaking};
  ASSERT_TRUE(progress_from_store(stored_progress(rollout), read));
  EXPECT_EQ(read, rollout);
  for (const char* broken : {"", "[]", R"({"begun": 1})", R"({"begun": [{}]})",
                             R"({"begun": [{"began_at": "2027-01-15T08:00:00Z", "threshold": -1}]})"}) {
    Rollout other;
    EXPECT_EQ(progress_from_store(broken, other).error().code, "store.unavailable") << broken;
  }
}

TEST(Policies, SharesAndTimesAreWrittenAsTheyAreRead) {
  EXPECT_EQ(percent_text(10'000), "100");
  EXPECT_EQ(percent_text(50), "0.5");
  EXPECT_EQ(percent_text(1'225), "12.25");
  EXPECT_EQ(duration_text(0s), "0s");
  EXPECT_EQ(duration_text(90s), "90s");
  EXPECT_EQ(duration_text(5400s), "90m");
  EXPECT_EQ(duration_text(14400s), "4h");
  EXPECT_EQ(duration_text(172800s), "2d");
}

}  // namespace
}  // namespace suture::server
