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

TEST(Priority, HostsThatHaveTheCodeCount) {
  Finding finding = kAffected;
  finding.places.push_back({.file = "net/core/sock.c", .object = "vmlinux", .function = "sock_init"});
  EXPECT_EQ(priority_of(advisory_with({}), finding).points, 5);
  EXPECT_EQ(priority_of(advisory_with({}), finding, {.hosts = 10, .hosts_with_code = 0}).points, 0);
  const Priority some = priority_of(advisory_with({}), finding, {.hosts = 10, .hosts_with_code = 4});
  EXPECT_EQ(some.points, 2);
  EXPECT_EQ(some.reasons.front().text, "4 of 10 hosts have the code loaded");
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
  EXPECT_EQ(priority_of(advisory_with(voice), kAffected, {.hosts = 1, .hosts_with_code = 1}).points, 100);
}

}  // namespace
}  // namespace suture
