// SPDX-License-Identifier: Apache-2.0
#include "advisory/patchable.h"

#include <gtest/gtest.h>

#include "advisory/finding.h"
#include "base/json.h"

namespace suture {
namespace {

using Answer = Patchable::Answer;

const Patchable kBuilt{.answer = Answer::kYes,
                       .fix = "commit 98a2046d155f",
                       .engines = {"klp", "stopmachine"},
                       .functions = {{.object = "vsock", .name = "vsock_stream_setsockopt"}},
                       .units = 3,
                       .notes = {"a note"}};
const Patchable kRefused{.answer = Answer::kNeedsAuthor,
                         .fix = "fix.patch",
                         .code = "delta.layout-changed",
                         .reason = "struct eventpoll grows",
                         .hint = "keep new state elsewhere"};

TEST(Patchable, ComesBackAsItWasWritten) {
  for (const Patchable& one : {kBuilt, kRefused}) {
    const auto back = patchable_from_json(to_json(one));
    ASSERT_TRUE(back.has_value()) << back.error().message();
    EXPECT_EQ(*back, one);
  }
}

TEST(Patchable, EachAnswerHasAName) {
  for (const Answer answer :
       {Answer::kYes, Answer::kNotNeeded, Answer::kNeedsAuthor, Answer::kNo, Answer::kUnknown}) {
    const auto back = patchable_from_json(to_json(Patchable{.answer = answer}));
    ASSERT_TRUE(back.has_value()) << name_of(answer);
    EXPECT_EQ(back->answer, answer);
  }
}

TEST(Patchable, ADamagedOneIsRefused) {
  const Json whole = to_json(kBuilt);
  for (const auto& [key, value] : whole.items()) {
    for (const Json& wrong :
         {Json(), Json(-1), Json(1.5), Json::object(), Json::array({1}), Json("perhaps")}) {
      if (wrong.type() == value.type() && key != "answer" && !wrong.is_array()) continue;
      Json broken = whole;
      broken[key] = wrong;
      const auto read = patchable_from_json(broken);
      ASSERT_FALSE(read.has_value()) << key << " as " << wrong.dump();
      EXPECT_EQ(read.error().code, "advisory.schema");
    }
    Json less = whole;
    less.erase(key);
    EXPECT_FALSE(patchable_from_json(less).has_value()) << key;
  }
  EXPECT_FALSE(patchable_from_json(Json::array()).has_value());
}

// Nobody has to wait for an author, nor for a restart.
TEST(Patchable, WhatCanBeDoneNowComesFirst) {
  const Patchable unknown{.answer = Answer::kUnknown};
  const Patchable no{.answer = Answer::kNo};
  EXPECT_LT(order_of(&kBuilt), order_of(nullptr));
  EXPECT_EQ(order_of(&unknown), order_of(nullptr));
  EXPECT_LT(order_of(nullptr), order_of(&kRefused));
  EXPECT_LT(order_of(&kRefused), order_of(&no));
}

TEST(Patchable, TheSameCodeWithTheFixHasNoHole) {
  Finding finding{.cve = "CVE-2026-1001", .target = "1.0", .standing = Standing::kAffected};
  take_build(finding, {.answer = Patchable::Answer::kNo, .code = "delta.data-changed", .reason = "no"});
  EXPECT_EQ(finding.standing, Standing::kAffected);
  EXPECT_TRUE(finding.patchable.has_value());
  take_build(finding, {.answer = Patchable::Answer::kNotNeeded,
                       .code = "build.nothing-changed",
                       .reason = "the fixes change no code"});
  EXPECT_EQ(finding.standing, Standing::kNotAffected);
  EXPECT_EQ(finding.justification, Justification::kVulnerableCodeNotPresent);
  ASSERT_EQ(finding.evidence.size(), 1U);
  EXPECT_EQ(finding.evidence[0].text, "the fixes change no code");
}

}  // namespace
}  // namespace suture
