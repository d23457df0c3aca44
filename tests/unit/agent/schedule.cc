// SPDX-License-Identifier: Apache-2.0
#include "agent/schedule.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace suture {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Time = Schedule::Time;

constexpr std::uint64_t kLeast = 0;
constexpr std::uint64_t kMost = UINT64_MAX;
const Time kStart{hours(1000)};

std::string host(int number) {
  return "host-" + std::to_string(number);
}

// Boots a fleet at one moment, and counts the checks in each hundredth of the interval.
std::vector<int> spread_of(int hosts, int rounds_before) {
  std::mt19937_64 random(1);
  std::vector<int> slots(100);
  const Time begin = kStart + rounds_before * hours(4);
  for (int i = 0; i < hosts; i++) {
    Schedule schedule(hours(4), host(i), kStart, random());
    while (schedule.next() < begin) schedule.checked(schedule.next(), true, random());
    const auto at = (schedule.next() - begin) / (Schedule::Span(hours(4)) / slots.size());
    slots.at(static_cast<std::size_t>(at) % slots.size())++;
  }
  return slots;
}

TEST(Schedule, AFleetThatBootsTogetherAsksEvenly) {
  for (const int rounds : {1, 2, 50}) {
    for (const int hosts : spread_of(10'000, rounds)) {
      EXPECT_GE(hosts, 50) << rounds;
      EXPECT_LE(hosts, 150) << rounds;
    }
  }
}

TEST(Schedule, TheFirstCheckComesSoonAndNotAtOnceOnAllHosts) {
  EXPECT_EQ(Schedule(hours(4), "a", kStart, kLeast).next(), kStart);
  const Time last = Schedule(hours(4), "a", kStart, kMost).next();
  EXPECT_GT(last, kStart + seconds(59));
  EXPECT_LE(last, kStart + minutes(1));
}

TEST(Schedule, AHostKeepsItsPlaceWhateverCameBetween) {
  Schedule schedule(hours(4), "a", kStart, kLeast);
  schedule.checked(kStart, true, kLeast);
  const Time place = schedule.next();
  EXPECT_GT(place, kStart);
  EXPECT_LE(place, kStart + hours(4));
  // An outage, an administrator, an urgent call.
  schedule.checked(place, false, kMost);
  schedule.checked(place + minutes(1), true, kLeast);
  schedule.woken(place + minutes(2), kLeast);
  schedule.checked(place + minutes(2), true, kLeast);
  EXPECT_EQ(schedule.next(), place + hours(4));
  // The random part does not add up.
  for (int i = 1; i <= 1000; i++) schedule.checked(schedule.next(), true, kMost);
  EXPECT_GE(schedule.next(), place + 1001 * hours(4));
  EXPECT_LE(schedule.next(), place + 1001 * hours(4) + Schedule::kMostJitter);
}

TEST(Schedule, FailuresMakeItAskSoonerAndLessEachTime) {
  Schedule schedule(hours(4), "a", kStart, kLeast);
  Time now = kStart;
  for (const auto pause : {minutes(1), minutes(2), minutes(4), minutes(8), minutes(16), minutes(32),
                           minutes(64), minutes(128), minutes(240), minutes(240)}) {
    schedule.checked(now, false, kLeast);
    EXPECT_EQ(schedule.next() - now, pause);
    now = schedule.next();
  }
  schedule.checked(now, true, kLeast);
  schedule.checked(now, false, kMost);
  EXPECT_GE(schedule.next() - now, seconds(30));
  EXPECT_LE(schedule.next() - now, seconds(31));
}

TEST(Schedule, ManyFailuresNeverGoBeyondTheInterval) {
  Schedule schedule(minutes(1), "a", kStart, kLeast);
  for (int i = 0; i < 100'000; i++) schedule.checked(kStart, false, kLeast);
  EXPECT_EQ(schedule.next(), kStart + minutes(1));
}

TEST(Schedule, AWakeUpMovesTheNextCheckUpButNotBack) {
  Schedule schedule(hours(4), "a", kStart, kLeast);
  schedule.checked(kStart, true, kLeast);
  const Time now = kStart + seconds(1);
  schedule.woken(now, kMost);
  EXPECT_GT(schedule.next(), now + seconds(4));
  EXPECT_LE(schedule.next(), now + seconds(5));
  const Time moved = schedule.next();
  schedule.woken(now + seconds(1), kMost);
  EXPECT_EQ(schedule.next(), moved);
}

TEST(Schedule, AServerThatCallsAllTheTimeGetsOneCheckAMinute) {
  Schedule schedule(hours(4), "a", kStart, kLeast);
  schedule.checked(kStart, true, kLeast);
  int checks = 0;
  for (Time now = kStart; now < kStart + hours(1); now += seconds(1)) {
    schedule.woken(now, kLeast);
    if (now < schedule.next()) continue;
    schedule.checked(now, true, kLeast);
    checks++;
  }
  EXPECT_GE(checks, 60);
  EXPECT_LE(checks, 62);
}

TEST(Schedule, AWakeUpBeyondTheLimitIsLateAndNotLost) {
  Schedule schedule(hours(4), "a", kStart, kLeast);
  for (int i = 0; i < Schedule::kWakeBurst; i++) {
    schedule.checked(kStart, true, kLeast);
    schedule.woken(kStart, kLeast);
    EXPECT_EQ(schedule.next(), kStart);
  }
  schedule.checked(kStart, true, kLeast);
  schedule.woken(kStart, kLeast);
  EXPECT_EQ(schedule.next(), kStart + minutes(1));
}

TEST(Schedule, AnotherIntervalCountsFromTheNextCheckOn) {
  Schedule schedule(hours(4), "a", kStart, kLeast);
  schedule.set_interval(minutes(10));
  schedule.checked(kStart, true, kLeast);
  EXPECT_LE(schedule.next(), kStart + minutes(11));
}

}  // namespace
}  // namespace suture
