// SPDX-License-Identifier: Apache-2.0
#include "server/rollout/waves.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "fleet.h"

namespace suture::server {
namespace {

const Membership kNobody = [](const Selector&, std::string_view) { return false; };

std::vector<std::uint32_t> numbers_of(std::int64_t rollout, unsigned hosts) {
  std::vector<std::uint32_t> numbers;
  for (unsigned i = 0; i < hosts; ++i) numbers.push_back(host_number(rollout, host_id(i)));
  return numbers;
}

std::set<unsigned> chosen(std::int64_t rollout, Share share, unsigned hosts) {
  const auto numbers = numbers_of(rollout, hosts);
  const auto threshold = share_threshold(share, numbers);
  std::set<unsigned> in;
  for (unsigned i = 0; i < hosts; ++i) {
    if (is_selected({.share = share}, threshold, numbers[i], host_id(i), kNobody)) in.insert(i);
  }
  return in;
}

// Another program's hosts would be in other waves of a rollout that is under way.
TEST(Waves, NumbersNeverChange) {
  EXPECT_EQ(host_number(1, host_id(1)), 1020345620u);
  EXPECT_EQ(host_number(1, host_id(2)), 1427935746u);
  EXPECT_EQ(host_number(2, host_id(1)), 3037950469u);
  EXPECT_EQ(host_number(12, "00112233445566778899aabbccddeeff"), 1111865166u);
}

TEST(Waves, LargerSharesContainSmallerOnes) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    const auto rollout = static_cast<std::int64_t>(random() % 1'000'000);
    const unsigned hosts = 1 + static_cast<unsigned>(random() % 400);
    Share low = 1 + static_cast<Share>(random() % kAll);
    Share high = 1 + static_cast<Share>(random() % kAll);
    if (low > high) std::swap(low, high);
    const auto few = chosen(rollout, low, hosts);
    const auto many = chosen(rollout, high, hosts);
    EXPECT_TRUE(std::ranges::includes(many, few)) << rollout << " " << hosts << " " << low << " " << high;
    EXPECT_GE(few.size(), 1u);
    EXPECT_EQ(chosen(rollout, kAll, hosts).size(), hosts);
  }
}

TEST(Waves, AShareIsThatManyHosts) {
  EXPECT_EQ(chosen(7, 1'000, 20).size(), 2u);
  EXPECT_EQ(chosen(7, 1'000, 21).size(), 3u);
  EXPECT_EQ(chosen(7, 5'000, 20'000).size(), 10'000u);
}

// Hosts that come when a wave has begun fall into it by the threshold that was set for others.
TEST(Waves, OfHostsThatComeLaterAsManyAreInIt) {
  for (const std::int64_t rollout : {1, 2, 3, 1000}) {
    const auto known = numbers_of(rollout, 20'000);
    for (const Share share : {100u, 1'000u, 5'000u, 9'000u}) {
      const auto threshold = share_threshold(share, known);
      double in = 0;
      for (unsigned i = 20'000; i < 40'000; ++i) in += host_number(rollout, host_id(i)) < threshold;
      const double wanted = 20'000.0 * share / kAll;
      // Five standard deviations of what chance gives, of the known and of the new.
      EXPECT_NEAR(in, wanted, 5 * std::sqrt(2 * wanted * (1 - share / double{kAll})))
          << rollout << " " << share;
    }
  }
}

TEST(Waves, AnotherRolloutTriesOtherHostsFirst) {
  const auto one = chosen(1, 1'000, 1'000);
  const auto two = chosen(2, 1'000, 1'000);
  std::vector<unsigned> both;
  std::ranges::set_intersection(one, two, std::back_inserter(both));
  EXPECT_LT(both.size(), 40u);
}

TEST(Waves, OfFewHostsASmallShareIsOne) {
  EXPECT_EQ(chosen(7, 100, 30).size(), 1u);
  EXPECT_EQ(chosen(7, 1, 1).size(), 1u);
  // Without any host known, those that come are taken by the share of all numbers.
  EXPECT_EQ(share_threshold(2'500, {}), std::uint64_t{1} << 30);
}

TEST(Waves, AHostStaysInItsFirstWave) {
  Rollout rollout{.id = 5};
  rollout.course.waves.resize(3);
  rollout.course.waves[0].hosts = {.share = 100};
  rollout.course.waves[1].hosts = {.share = 5'000};
  EXPECT_EQ(first_wave_of(rollout, host_id(1), kNobody), 0u);
  const auto numbers = numbers_of(5, 200);
  rollout.begun = {{.threshold = share_threshold(100, numbers)},
                   {.threshold = share_threshold(5'000, numbers)}};
  std::size_t first = 0;
  std::size_t second = 0;
  for (unsigned i = 0; i < 200; ++i) {
    const auto wave = first_wave_of(rollout, host_id(i), kNobody);
    first += wave == 1;
    second += wave == 2;
  }
  EXPECT_EQ(first, 2u);
  EXPECT_EQ(first + second, 100u);
}

TEST(Waves, AGroupIsAskedForOnlyWhereItMatters) {
  int asked = 0;
  const Membership web = [&](const Selector& selector, std::string_view id) {
    ++asked;
    return selector.group == "web" && id == host_id(1);
  };
  const Selector group{.group = "web"};
  constexpr std::uint64_t kEvery = std::uint64_t{1} << 32;
  EXPECT_TRUE(is_selected(group, kEvery, 7, host_id(1), web));
  EXPECT_FALSE(is_selected(group, kEvery, 7, host_id(2), web));
  EXPECT_EQ(asked, 2);
  EXPECT_FALSE(is_selected(group, 7, 7, host_id(1), web));
  EXPECT_TRUE(is_selected({}, kEvery, 7, host_id(1), web));
  EXPECT_EQ(asked, 2);
}

}  // namespace
}  // namespace suture::server
