// SPDX-License-Identifier: Apache-2.0
//
// Which level a host gets, and when: no clock but the one that the test gives.
#include "agent/policy.h"

#include <gtest/gtest.h>

namespace suture {
namespace {

using std::chrono::hours;
using enum InstallPolicy::Mode;

const Time kNow = *parse_time("2026-11-26T12:00:00Z");

/// Levels 1 to `count`, each published a day after the one before, the last one an hour ago.
Catalog catalog_of(std::uint32_t count) {
  Catalog catalog{.stream = {"stable", "debian"}, .build_id = "aaaaaaaa"};
  for (std::uint32_t level = 1; level <= count; level++) {
    AvailablePatchset patchset{.level = level};
    patchset.published = time_text(kNow - hours(1 + 24 * (count - level)));
    for (std::uint32_t fix = 1; fix <= level; fix++)
      patchset.cves.push_back("CVE-2026-" + std::to_string(fix));
    catalog.levels.push_back(patchset);
  }
  return catalog;
}

/// 2026-11-26, a Thursday, at this time of the day.
std::tm thursday(int hour, int minute = 0) {
  std::tm time{};
  time.tm_wday = 4;
  time.tm_hour = hour;
  time.tm_min = minute;
  return time;
}

struct Decision {
  InstallPolicy policy{};
  Catalog catalog = catalog_of(3);
  std::uint32_t applied = 0;
  std::tm local = thursday(12);
  Asked asked = Asked::kByTimer;

  Choice make() const { return choose(policy, catalog, applied, kNow, local, asked); }
  std::uint32_t install() const { return level_of(make().install); }
  std::uint32_t newest() const { return level_of(make().newest); }
  static std::uint32_t level_of(const AvailablePatchset* patchset) { return patchset ? patchset->level : 0; }
};

TEST(Policy, TheHighestIsInstalledAtOnce) {
  const Decision decision;
  EXPECT_EQ(decision.install(), 3u);
  EXPECT_EQ(decision.make().waits, "");
}

TEST(Policy, AnEmptyCatalogHasNothing) {
  const Decision decision{.catalog = catalog_of(0)};
  EXPECT_EQ(decision.install(), 0u);
  EXPECT_EQ(decision.newest(), 0u);
  EXPECT_FALSE(decision.make().leave);
}

TEST(Policy, ADelayCountsFromThePublication) {
  Decision decision;
  decision.policy.delay = hours(1);
  EXPECT_EQ(decision.install(), 3u);
  decision.policy.delay = hours(2);
  EXPECT_EQ(decision.install(), 2u);
  EXPECT_EQ(decision.newest(), 3u);
  EXPECT_NE(decision.make().waits, "");
  decision.policy.delay = hours(24 * 30);
  EXPECT_EQ(decision.install(), 0u);
  decision.catalog.levels[2].published = "soon";
  decision.policy.delay = hours(2);
  EXPECT_EQ(decision.install(), 2u);
}

TEST(Policy, AnAdministratorWaitsForNothing) {
  Decision decision{.asked = Asked::kByAdministrator};
  decision.policy.mode = kManual;
  decision.policy.delay = hours(100);
  decision.policy.windows = *parse_windows("Sun 00:00-01:00");
  EXPECT_EQ(decision.install(), 3u);
  decision.asked = Asked::kToKnow;
  EXPECT_EQ(decision.install(), 0u);
  EXPECT_EQ(decision.newest(), 3u);
}

TEST(Policy, NobodyGetsWhatIsBlockedOrTooHigh) {
  Decision decision{.asked = Asked::kByAdministrator};
  decision.policy.blocked = {"CVE-2026-3"};
  EXPECT_EQ(decision.install(), 2u);
  decision.policy.blocked = {"3", "2"};
  EXPECT_EQ(decision.install(), 1u);
  decision.policy.blocked = {"CVE-2026-1"};
  EXPECT_EQ(decision.newest(), 0u);
  decision.policy = {.highest = 2};
  EXPECT_EQ(decision.install(), 2u);
}

TEST(Policy, ABadLevelIsLeftWhateverHasToBeWaitedFor) {
  for (const auto& bend :
       {+[](InstallPolicy& p) { p.mode = kManual; }, +[](InstallPolicy& p) { p.delay = hours(999); },
        +[](InstallPolicy& p) { p.windows = *parse_windows("Sun 00:00-01:00"); }}) {
    Decision decision{.applied = 3};
    bend(decision.policy);
    EXPECT_EQ(decision.install(), 0u);
    decision.catalog.levels[2].withdrawn = Withdrawal{.reason = "it hangs"};
    EXPECT_EQ(decision.install(), 2u);
    EXPECT_FALSE(decision.make().leave);
    for (AvailablePatchset& patchset : decision.catalog.levels) patchset.withdrawn = Withdrawal{};
    EXPECT_EQ(decision.install(), 0u);
    EXPECT_TRUE(decision.make().leave);
  }
}

TEST(Policy, OnlyAnAdministratorBringsBackWhatIsInQuarantine) {
  Catalog catalog = catalog_of(2);
  catalog.levels[1].module.sha256 = "bad";
  const auto level = [&](Asked asked) {
    return Decision::level_of(choose({}, catalog, 0, kNow, thursday(12), asked, {{"bad", 2}}).install);
  };
  EXPECT_EQ(level(Asked::kByTimer), 1u);
  EXPECT_EQ(level(Asked::kByAdministrator), 2u);
}

/// Of whom nothing wants a reason.
Plan up_to(std::uint32_t level, bool urgent = false) {
  return {.level = level, .urgent = urgent, .rollout = "12", .reason = "wave 2 of 4"};
}

TEST(Policy, APlanLetsNothingAboveItIn) {
  for (const Asked asked : {Asked::kByTimer, Asked::kByAdministrator}) {
    Decision decision{.asked = asked};
    decision.policy.plan = up_to(2);
    EXPECT_EQ(decision.install(), 2u);
    EXPECT_EQ(decision.newest(), 3u);
    EXPECT_EQ(decision.make().waits, "level 2 at most: wave 2 of 4 (rollout 12)");
    decision.policy.plan = up_to(0);
    EXPECT_EQ(decision.install(), 0u);
    EXPECT_FALSE(decision.make().leave);
    decision.policy.plan = up_to(3);
    EXPECT_EQ(decision.install(), 3u);
    EXPECT_EQ(decision.make().waits, "");
  }
}

TEST(Policy, APlanIsNoWordAgainstTheHostsOwn) {
  Decision decision;
  decision.policy.plan = up_to(3);
  decision.policy.highest = 1;
  EXPECT_EQ(decision.install(), 1u);
  decision.policy.highest.reset();
  decision.policy.blocked = {"3"};
  EXPECT_EQ(decision.install(), 2u);
  decision.policy.blocked.clear();
  decision.catalog.levels[2].withdrawn = Withdrawal{.reason = "it hangs"};
  EXPECT_EQ(decision.install(), 2u);
}

TEST(Policy, WhatIsAboveAPlanIsLeftWhateverHasToBeWaitedFor) {
  for (const auto& bend : {+[](InstallPolicy&) {}, +[](InstallPolicy& p) { p.mode = kManual; },
                           +[](InstallPolicy& p) { p.delay = hours(999); },
                           +[](InstallPolicy& p) { p.windows = *parse_windows("Sun 00:00-01:00"); }}) {
    Decision decision{.applied = 3};
    bend(decision.policy);
    decision.policy.plan = up_to(2);
    EXPECT_EQ(decision.install(), 2u);
    EXPECT_FALSE(decision.make().leave);
    EXPECT_FALSE(decision.make().plan_gone);
    decision.policy.plan = up_to(0);
    EXPECT_EQ(decision.install(), 0u);
    EXPECT_TRUE(decision.make().leave);
  }
}

TEST(Policy, AnAdministratorsUpdateLeavesWhatIsAboveAPlanToo) {
  Decision decision{.applied = 3, .asked = Asked::kByAdministrator};
  decision.policy.plan = up_to(1);
  EXPECT_EQ(decision.install(), 1u);
  decision.policy.plan = up_to(0);
  EXPECT_TRUE(decision.make().leave);
}

TEST(Policy, APlanMovesNoHostThatIsHeld) {
  Decision decision{.applied = 3};
  decision.policy.mode = kHeld;
  for (const std::uint32_t level : {0u, 1u, 3u}) {
    decision.policy.plan = up_to(level, true);
    EXPECT_EQ(decision.install(), 0u);
    EXPECT_FALSE(decision.make().leave);
    EXPECT_FALSE(decision.make().plan_gone);
  }
}

TEST(Policy, AnUrgentPlanWaitsForNoWindowAndNoDelay) {
  Decision decision;
  decision.policy.windows = *parse_windows("Sun 00:00-01:00");
  decision.policy.delay = hours(999);
  decision.policy.plan = up_to(3);
  EXPECT_EQ(decision.install(), 0u);
  EXPECT_EQ(decision.make().waits, "until the next window");
  decision.policy.plan = up_to(3, true);
  EXPECT_EQ(decision.install(), 3u);
  decision.policy.plan = up_to(2, true);
  EXPECT_EQ(decision.install(), 2u);
  decision.policy.mode = kManual;
  EXPECT_EQ(decision.install(), 0u);
}

TEST(Policy, ALevelThatTheChannelHasDroppedCannotBeGoneBackTo) {
  for (const Asked asked : {Asked::kByTimer, Asked::kByAdministrator}) {
    Decision decision{.applied = 3, .asked = asked};
    decision.catalog.levels.erase(decision.catalog.levels.begin(), decision.catalog.levels.begin() + 1);
    decision.policy.plan = up_to(1);
    EXPECT_EQ(decision.install(), 0u);
    EXPECT_FALSE(decision.make().leave);
    EXPECT_TRUE(decision.make().plan_gone);
    // Without a level the host can be whatever there is.
    decision.policy.plan = up_to(0);
    EXPECT_FALSE(decision.make().plan_gone);
    EXPECT_TRUE(decision.make().leave);
    // Nothing is gone of a host that has no level.
    decision.policy.plan = up_to(1);
    decision.applied = 0;
    EXPECT_FALSE(decision.make().plan_gone);
  }
}

TEST(Policy, AHostStaysOnNoLevelAboveItsPlanBecauseThoseBelowAreBad) {
  Decision decision{.applied = 3};
  decision.policy.plan = up_to(2);
  decision.policy.blocked = {"2"};
  EXPECT_EQ(decision.install(), 1u);
  decision.catalog.levels[0].withdrawn = Withdrawal{.reason = "it hangs"};
  EXPECT_EQ(decision.install(), 0u);
  EXPECT_TRUE(decision.make().leave);
  EXPECT_FALSE(decision.make().plan_gone);
}

TEST(Policy, NothingMovesAHostThatIsHeld) {
  Decision decision{.applied = 3};
  decision.policy.mode = kHeld;
  for (AvailablePatchset& patchset : decision.catalog.levels) patchset.withdrawn = Withdrawal{};
  EXPECT_EQ(decision.install(), 0u);
  EXPECT_FALSE(decision.make().leave);
}

TEST(Policy, WindowsOpenAndClose) {
  const auto open = [](const char* text, const std::tm& time) { return is_open(*parse_windows(text), time); };
  EXPECT_TRUE(open("", thursday(3)));
  EXPECT_TRUE(open("Thu 02:00-04:00", thursday(2)));
  EXPECT_TRUE(open("Thu 02:00-04:00", thursday(3, 59)));
  EXPECT_FALSE(open("Thu 02:00-04:00", thursday(4)));
  EXPECT_FALSE(open("Fri 02:00-04:00", thursday(3)));
  EXPECT_TRUE(open("Mon-Fri 02:00-04:00, Sun 00:00-24:00", thursday(3)));
  EXPECT_TRUE(open("Fri-Thu 02:00-04:00", thursday(3)));
  EXPECT_TRUE(open("02:00-04:00", thursday(3)));
  EXPECT_TRUE(open("00:00-24:00", thursday(23, 59)));
}

TEST(Policy, AWindowOverMidnightIsOfTheDayOnWhichItBegins) {
  const auto open = [](const char* text, const std::tm& time) { return is_open(*parse_windows(text), time); };
  EXPECT_TRUE(open("Thu 22:00-04:00", thursday(23)));
  EXPECT_FALSE(open("Thu 22:00-04:00", thursday(3)));
  EXPECT_TRUE(open("Wed 22:00-04:00", thursday(3)));
  EXPECT_FALSE(open("Wed 22:00-04:00", thursday(4)));
}

TEST(Policy, WhatIsNoPolicyIsRefused) {
  for (const char* text : {"Thu", "02:00", "Thu 02:00", "Xyz 02:00-04:00", "Thu 2:00-4:00", "Thu 02:60-04:00",
                           "Thu 02:00-25:00", "Thu 24:00-02:00", "Thu 02:00-00:00", "Thu 02:00-04:00,"}) {
    EXPECT_FALSE(parse_windows(text)) << text;
  }
  for (const char* text : {"everything", "CVE-1,,2", "-1"}) EXPECT_FALSE(parse_blocked(text)) << text;
  InstallPolicy policy;
  for (const char* text : {"", "never", "24"}) EXPECT_FALSE(read_install_mode(text, policy)) << text;
  EXPECT_TRUE(read_install_mode("2d", policy));
  EXPECT_EQ(policy.delay, hours(48));
}

}  // namespace
}  // namespace suture
