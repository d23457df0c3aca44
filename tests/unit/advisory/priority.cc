// SPDX-License-Identifier: Apache-2.0
#include "advisory/priority.h"

#include <gtest/gtest.h>

namespace suture {
namespace {

Advisory advisory_with(Voice voice) {
  return {.cve = "CVE-2026-1", .voices = {{.source = "kev", .voice = std::move(voice)}}};
}

const Finding kAffected{.standing = Standing::kAffected};

TEST(Priority, WhatIsNotOpenHasNone) {
  const Advisory advisory = advisory_with({.exploited = KnownExploited{.added = "2026-05-08"}});
  for (const Standing standing : {Standing::kFixed, Standing::kNotAffected})
    EXPECT_EQ(priority_of(advisory, {.standing = standing}).points, 0);
  EXPECT_EQ(priority_of(advisory, {.standing = Standing::kUnderInvestigation}).points, 50);
}

TEST(Priority, EachReasonHasItsShare) {
  Voice voice{.cvss = Cvss{.vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N", .score = 9.8},
              .epss = Epss{.probability = 0.5, .percentile = 0.9}};
  const Priority priority = priority_of(advisory_with(voice), kAffected);
  int sum = 0;
  for (const PriorityReason& reason : priority.reasons) sum += reason.points;
  EXPECT_EQ(priority.points, sum);
  EXPECT_EQ(priority.points, 20 + 10 + 10 + 5);
  ASSERT_FALSE(priority.reasons.empty());
  EXPECT_EQ(priority.reasons.front().text, "CVSS 9.8");
}

TEST(Priority, AnExploitComesBeforeAnyScore) {
  const Priority exploited =
      priority_of(advisory_with({.exploited = KnownExploited{.added = "2026-05-08"}}), kAffected);
  const Priority scored =
      priority_of(advisory_with({.cvss = Cvss{.vector = "CVSS:3.1/AV:L/PR:L", .score = 10},
                                 .epss = Epss{.probability = 1}}),
                  kAffected);
  EXPECT_GT(exploited.points, scored.points);
  EXPECT_EQ(exploited.reasons.front().text, "kev says that it is exploited, since 2026-05-08");
}

TEST(Priority, AMetricIsNotFoundWithinAnother) {
  const Priority priority =
      priority_of(advisory_with({.cvss = Cvss{.vector = "CVSS:3.1/MAV:N/AV:L/PR:H", .score = 0}}), kAffected);
  EXPECT_EQ(priority.points, 0);
}

Priority with_reach(std::vector<ObjectReach> reach) {
  Finding finding = kAffected;
  finding.reach = std::move(reach);
  return priority_of(advisory_with({.cvss = Cvss{.vector = "CVSS:3.1/AV:L/PR:L", .score = 10}}), finding);
}

TEST(Priority, WhoCanHaveItLoadedCounts) {
  const auto points = [](Reach reach) { return with_reach({{.object = "x", .reach = reach}}).points - 20; };
  EXPECT_EQ(points(Reach::kAnybody), 8);
  EXPECT_EQ(points(Reach::kUserNamespace), 6);
  EXPECT_EQ(points(Reach::kAlways), 5);
  EXPECT_EQ(points(Reach::kHardware), 2);
  EXPECT_EQ(points(Reach::kRoot), 0);
  const Priority root = with_reach({{.object = "xfs", .reach = Reach::kRoot, .text = "only root"}});
  ASSERT_EQ(root.reasons.size(), 2U);
  EXPECT_EQ(root.reasons.back(), (PriorityReason{.points = 0, .text = "xfs: only root"}));
}

TEST(Priority, OfManyObjectsTheWidestCounts) {
  const Priority priority = with_reach({{.object = "xfs", .reach = Reach::kRoot},
                                        {.object = "vsock", .reach = Reach::kAnybody, .text = "anybody"},
                                        {.object = "vmlinux", .reach = Reach::kAlways, .text = "built in"}});
  EXPECT_EQ(priority.points, 28);
  EXPECT_EQ(priority.reasons.back().text, "vsock: anybody");
}

TEST(Priority, HostsThatHaveTheCodeCount) {
  const auto points = [](Reach reach, std::size_t loaded, std::size_t unprivileged, std::size_t blocked) {
    return with_reach({{.object = "x",
                        .reach = reach,
                        .hosts = 10,
                        .loaded = loaded,
                        .unprivileged = unprivileged,
                        .blocked = blocked}})
               .points -
           20;
  };
  EXPECT_EQ(points(Reach::kAnybody, 10, 0, 0), 8);
  EXPECT_EQ(points(Reach::kAnybody, 2, 3, 5), 4);
  EXPECT_EQ(points(Reach::kRoot, 10, 0, 0), 5);
  EXPECT_EQ(points(Reach::kRoot, 4, 0, 0), 2);
  EXPECT_EQ(points(Reach::kRoot, 0, 0, 0), -5);
  EXPECT_EQ(points(Reach::kAnybody, 0, 0, 9), -5);
  EXPECT_EQ(points(Reach::kAnybody, 0, 0, 10), -10);
  EXPECT_EQ(points(Reach::kAlways, 10, 0, 0), 5);
}

TEST(Priority, ItDoesNotFallBelowNothing) {
  Finding finding = kAffected;
  finding.reach = {{.object = "x", .reach = Reach::kAnybody, .hosts = 1, .blocked = 1}};
  const Priority priority = priority_of(advisory_with({}), finding);
  EXPECT_EQ(priority.points, 0);
  ASSERT_EQ(priority.reasons.size(), 1U);
  EXPECT_EQ(priority.reasons.front().points, -10);
}

// Who cannot be patched is in no smaller danger.
TEST(Priority, WhetherItCanBePatchedIsARemark) {
  const Advisory advisory = advisory_with({.cvss = Cvss{.vector = "CVSS:3.1/AV:L/PR:L", .score = 10}});
  Finding finding = kAffected;
  finding.patchable = Patchable{.answer = Patchable::Answer::kYes};
  const Priority can = priority_of(advisory, finding);
  finding.patchable = Patchable{.answer = Patchable::Answer::kNo, .code = "delta.init-changed"};
  const Priority cannot = priority_of(advisory, finding);
  EXPECT_EQ(can.points, cannot.points);
  ASSERT_EQ(can.reasons.size(), 2u);
  EXPECT_EQ(can.reasons.back().text, "it can be live patched: nothing need be restarted");
  EXPECT_EQ(can.reasons.back().points, 0);
  ASSERT_EQ(cannot.reasons.size(), 2u);
  EXPECT_EQ(cannot.reasons.back().text,
            "it cannot be live patched, so a restart has to be planned [delta.init-changed]");
  finding.patchable = Patchable{.answer = Patchable::Answer::kUnknown, .code = "target.compiler-missing"};
  EXPECT_EQ(priority_of(advisory, finding).reasons.size(), 1u);
}

TEST(Priority, ItEndsAtAHundred) {
  Voice voice{.cvss = Cvss{.vector = "CVSS:3.1/AV:N/PR:N", .score = 10},
              .epss = Epss{.probability = 1},
              .exploited = KnownExploited{.added = "2026-05-08"}};
  Finding finding = kAffected;
  finding.reach = {{.object = "vmlinux", .reach = Reach::kAlways}};
  EXPECT_EQ(priority_of(advisory_with(voice), finding).points, 100);
}

}  // namespace
}  // namespace suture
