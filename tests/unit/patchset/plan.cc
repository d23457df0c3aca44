// SPDX-License-Identifier: Apache-2.0
#include "patchset/plan.h"
#include "base/json.h"

#include <gtest/gtest.h>

namespace suture {
namespace {

Plan example() {
  return {.level = 3, .urgent = true, .rollout = "12", .reason = "wave 2 of 4: 10 %"};
}

void expect_refused(const char* key, const Json& value) {
  Json json = to_json(example());
  json[key] = value;
  const auto read = plan_from_json(json);
  ASSERT_FALSE(read) << key << " = " << value;
  EXPECT_EQ(read.error().code, "plan.schema");
  EXPECT_NE(read.error().message().find(key), std::string::npos) << read.error().message();
}

TEST(Plan, IsReadAsItWasWritten) {
  EXPECT_EQ(parse_plan(json_text(to_json(example()))).value(), example());
  EXPECT_EQ(parse_plan(json_text(to_json(Plan{}))).value(), Plan{});
}

TEST(Plan, IsWhatTheServersDocumentsSay) {
  const auto plan =
      parse_plan(R"({"format": 1, "level": 3, "urgent": false, "rollout": "12", "reason": "wave 2 of 4"})");
  EXPECT_EQ(plan.value(), (Plan{.level = 3, .urgent = false, .rollout = "12", .reason = "wave 2 of 4"}));
}

TEST(Plan, EveryFieldIsChecked) {
  expect_refused("format", 2);
  expect_refused("level", -1);
  expect_refused("level", std::int64_t{1} << 32);
  expect_refused("level", "3");
  expect_refused("level", 3.5);
  expect_refused("urgent", "yes");
  expect_refused("urgent", nullptr);
  expect_refused("rollout", 12);
  expect_refused("rollout", "1 2");
  expect_refused("rollout", "1\n2");
  expect_refused("rollout", std::string(kLongestRollout + 1, '1'));
  expect_refused("reason", "wave\x1b[31m");
  expect_refused("reason", "two\nlines");
  expect_refused("reason",
                 "wave\xC2\x9B"
                 "31m");
  expect_refused("reason", std::string(kLongestReason + 1, 'a'));
}

TEST(Plan, ItsReasonMayBeInAnyLanguage) {
  Plan plan = example();
  plan.reason = "Welle 2 für Länder";
  EXPECT_EQ(parse_plan(json_text(to_json(plan))).value(), plan);
}

TEST(Plan, IsToldInWords) {
  EXPECT_EQ(text_of(example()), "level 3 at most, urgently: wave 2 of 4: 10 % (rollout 12)");
  EXPECT_EQ(text_of({}), "no level");
  EXPECT_EQ(text_of({.level = 1, .rollout = "12"}), "level 1 at most (rollout 12)");
  EXPECT_EQ(text_of({.level = 1, .reason = "kept where it is"}), "level 1 at most: kept where it is");
}

TEST(Plan, TheLargestIsTaken) {
  const Plan plan{.level = UINT32_MAX,
                  .urgent = false,
                  .rollout = std::string(kLongestRollout, 'r'),
                  .reason = std::string(kLongestReason, 'a')};
  EXPECT_EQ(parse_plan(json_text(to_json(plan))).value(), plan);
}

TEST(Plan, AMissingFieldIsRefused) {
  const Json whole = to_json(example());
  for (const auto& [key, value] : whole.items()) {
    Json json = whole;
    json.erase(key);
    const auto read = plan_from_json(json);
    ASSERT_FALSE(read) << key;
    EXPECT_EQ(read.error().code, "plan.schema");
  }
  for (const Json& json : {Json::array(), Json(3), Json(nullptr)}) EXPECT_FALSE(plan_from_json(json));
}

TEST(Plan, WhatLaterServersAddIsPassedOver) {
  Json json = to_json(example());
  json["wave"] = 2;
  EXPECT_EQ(plan_from_json(json).value(), example());
}

TEST(Plan, StandsInTheAnswerToAReport) {
  const Json answer{{"accepted", true}, {"plan", to_json(example())}};
  EXPECT_EQ(parse_answered_plan(json_text(answer)).value(), example());
}

TEST(Plan, NoneStandsThereWhereNothingSteersTheHost) {
  EXPECT_EQ(parse_answered_plan(R"({"accepted": true})").value(), std::nullopt);
  EXPECT_EQ(parse_answered_plan(R"({"accepted": true, "plan": null})").value(), std::nullopt);
}

TEST(Plan, ABrokenOneIsNoAbsentOne) {
  for (const char* answer : {R"({"plan": 3})", R"({"plan": {}})", R"({"plan": []})", "[]", "3"}) {
    const auto read = parse_answered_plan(answer);
    ASSERT_FALSE(read) << answer;
    EXPECT_EQ(read.error().code, "plan.schema");
  }
  EXPECT_FALSE(parse_answered_plan(""));
  EXPECT_FALSE(parse_answered_plan("<html>"));
}

TEST(Plan, ALongAnswerIsRefusedUnread) {
  const auto read = parse_answered_plan(std::string(kReportAnswerLimit + 1, ' '));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, "json.too-large");
}

}  // namespace
}  // namespace suture
