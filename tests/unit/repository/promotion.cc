// SPDX-License-Identifier: Apache-2.0
//
// How patchsets move: from channel to channel once they are ripe, back out of use, and out of the catalogs.
#include "repository/promotion.h"

#include <gmock/gmock.h>

#include "make.h"
#include "repository/client.h"

namespace suture {
namespace {

namespace fs = std::filesystem;
using test::code;
using test::kBuildId;
using test::kCanary;
using test::kNow;
using test::kStable;
using test::must;
using testing::ElementsAre;

using Hours = std::chrono::hours;

class Moving : public testing::Test {
 protected:
  Catalog catalog(const Stream& stream, const std::string& build_id = kBuildId) {
    test::Mirror mirror = repository.mirror();
    RepositoryClient client = must(RepositoryClient::open(repository.folder.path() / "state", mirror,
                                                          repository.metadata("1.root.json")));
    must(client.refresh(kNow));
    Catalog found = must(client.catalog(stream, build_id));
    for (const AvailablePatchset& patchset : found.levels) must(client.check_logged(patchset));
    return found;
  }
  std::vector<std::uint32_t> levels(const Stream& stream) {
    std::vector<std::uint32_t> all;
    for (const AvailablePatchset& patchset : catalog(stream).levels) all.push_back(patchset.level);
    return all;
  }
  std::size_t promote(Hours later, Promotion promotion = {.to = "stable"}) {
    return must(promote_patchsets(repository.later(later), promotion)).patchsets.size();
  }
  void withdraw(std::uint32_t level, const std::string& channel = "stable") {
    must(withdraw_level(repository.context, {channel, "debian"}, kBuildId, level, "it hangs"));
  }
  void set_policy(const std::string& text) {
    const fs::path file = repository.context.keys / kPolicyFile;
    must(write_file(file, must(read_text_file(file)) + text));
  }

  test::Repository repository;
  std::string day = "\n[channel.stable]\nfrom = \"canary\"\nafter = \"24h\"\n";
};

TEST_F(Moving, ALevelIsPromotedOnceItIsOldEnough) {
  set_policy(day);
  must(repository.publish(1, "canary"));
  EXPECT_EQ(promote(Hours(23)), 0u);
  EXPECT_TRUE(catalog(kStable).levels.empty());
  EXPECT_EQ(promote(Hours(24)), 1u);
  EXPECT_THAT(levels(kStable), ElementsAre(1));
  EXPECT_THAT(levels(kCanary), ElementsAre(1));
}

TEST_F(Moving, TheTimeRunsFromWhenItCameIntoThatChannel) {
  must(add_channel(repository.context, {"testing", "debian"}));
  must(repository.publish(1, "canary"));
  const Promotion first{.to = "testing", .from = "canary", .by_policy = false};
  const Promotion second{.to = "stable", .from = "testing", .after = Hours(24), .by_policy = false};
  EXPECT_EQ(promote(Hours(20), first), 1u);
  EXPECT_EQ(promote(Hours(30), second), 0u);
  EXPECT_EQ(promote(Hours(44), second), 1u);
}

TEST_F(Moving, WithoutAPolicySomebodyHasToSayFromWhere) {
  EXPECT_EQ(code(promote_patchsets(repository.context, {.to = "stable"})), "repository.no-promotion");
  EXPECT_EQ(code(promote_patchsets(repository.context, {.to = "stable", .from = "nightly"})),
            "repository.no-channel");
  must(repository.publish(1, "canary"));
  EXPECT_EQ(promote(Hours(0), {.to = "stable", .from = "canary"}), 1u);
}

TEST_F(Moving, ACallMayBeHastierThanThePolicy) {
  set_policy(day);
  must(repository.publish(1, "canary"));
  EXPECT_EQ(promote(Hours(1), {.to = "stable", .after = Hours(1), .by_policy = false}), 1u);
}

TEST_F(Moving, AgainAndAgainIsTheSame) {
  set_policy(day);
  must(repository.publish(1, "canary"));
  EXPECT_EQ(promote(Hours(24)), 1u);
  const Bytes timestamp = must(read_file(repository.metadata("timestamp.json")));
  EXPECT_EQ(promote(Hours(25)), 0u);
  EXPECT_EQ(must(read_file(repository.metadata("timestamp.json"))), timestamp);
}

TEST_F(Moving, TheNewestRipeLevelGoesOnAndNoneGoesBack) {
  set_policy(day);
  for (const std::uint32_t level : {1u, 2u}) must(repository.publish(level, "canary"));
  PublisherContext later = repository.later(Hours(20));
  must(publish_patchset(later, repository.qualified(3), "canary"));
  EXPECT_EQ(promote(Hours(30)), 1u);
  EXPECT_THAT(levels(kStable), ElementsAre(2));
  must(repository.publish(5));
  EXPECT_EQ(promote(Hours(60)), 0u);
  EXPECT_THAT(levels(kStable), ElementsAre(2, 5));
}

TEST_F(Moving, WithdrawnLevelsAreNotPromoted) {
  set_policy(day);
  for (const std::uint32_t level : {1u, 2u}) must(repository.publish(level, "canary"));
  withdraw(2, "canary");
  EXPECT_EQ(promote(Hours(24)), 1u);
  EXPECT_THAT(levels(kStable), ElementsAre(1));
  // Nor is one that was withdrawn where it goes to.
  withdraw(1);
  EXPECT_EQ(promote(Hours(24)), 0u);
  EXPECT_EQ(catalog(kStable).newest(), nullptr);
}

TEST_F(Moving, OneKernelMayGoAhead) {
  const std::string other(40, 'b');
  must(repository.publish(1, "canary"));
  must(repository.publish(1, "canary", other));
  EXPECT_EQ(promote(Hours(0), {.to = "stable", .from = "canary", .build_id = other}), 1u);
  EXPECT_TRUE(catalog(kStable).levels.empty());
  EXPECT_EQ(catalog(kStable, other).levels.size(), 1u);
}

TEST_F(Moving, TheFilesStayWhereTheyAre) {
  const AvailablePatchset published = must(repository.publish_for_two_engines(1, "canary"));
  promote(Hours(0), {.to = "stable", .from = "canary"});
  const AvailablePatchset promoted = catalog(kStable).levels.front();
  EXPECT_EQ(promoted.stored(promoted.module), published.stored(published.module));
  EXPECT_EQ(promoted.more_modules.size(), 2u);
  EXPECT_EQ(promoted.more_modules, published.more_modules);
  EXPECT_NE(promoted.log_index, published.log_index);
}

TEST_F(Moving, AWithdrawnLevelIsNotTheNewest) {
  for (const std::uint32_t level : {1u, 2u}) must(repository.publish(level));
  withdraw(2);
  const Catalog found = catalog(kStable);
  ASSERT_EQ(found.levels.size(), 2u);
  EXPECT_EQ(found.newest()->level, 1u);
  EXPECT_EQ(found.levels[1].withdrawn.value().reason, "it hangs");
  EXPECT_EQ(found.levels[1].withdrawn.value().log_index, 2u);
  withdraw(1);
  EXPECT_EQ(catalog(kStable).newest(), nullptr);
}

TEST_F(Moving, AWithdrawnLevelsNumberIsNotUsedAgain) {
  must(repository.publish(1));
  withdraw(1);
  EXPECT_EQ(code(repository.publish(1)), "repository.level-not-higher");
  EXPECT_EQ(code(repository.publish(2)), "ok");
  EXPECT_EQ(catalog(kStable).newest()->level, 2u);
}

TEST_F(Moving, WhatIsNotThereCannotBeWithdrawn) {
  must(repository.publish(1));
  const auto tried = [&](const std::string& build_id, std::uint32_t level, const std::string& reason) {
    return code(withdraw_level(repository.context, kStable, build_id, level, reason));
  };
  EXPECT_EQ(tried(kBuildId, 2, "it hangs"), "repository.no-level");
  EXPECT_EQ(tried(std::string(40, 'b'), 1, "it hangs"), "repository.no-level");
  EXPECT_EQ(tried(kBuildId, 1, ""), "repository.bad-reason");
  EXPECT_EQ(tried(kBuildId, 1, std::string(1001, 'x')), "repository.bad-reason");
  EXPECT_EQ(tried(kBuildId, 1, "it hangs"), "ok");
  EXPECT_EQ(tried(kBuildId, 1, "it hangs"), "repository.no-level");
}

TEST_F(Moving, OldLevelsLeaveTheCatalogAndTheNewestStay) {
  for (const std::uint32_t level : {1u, 2u, 3u, 4u, 5u}) must(repository.publish(level));
  withdraw(4);
  EXPECT_EQ(must(expire_levels(repository.context, "stable", 2)).patchsets.size(), 2u);
  EXPECT_THAT(levels(kStable), ElementsAre(3, 4, 5));
  EXPECT_TRUE(must(expire_levels(repository.context, "stable", 2)).patchsets.empty());
  EXPECT_EQ(code(repository.publish(5)), "repository.level-not-higher");
}

// To forget every level would be to forget which numbers were used.
TEST_F(Moving, ToKeepNoneStillKeepsTheHighestNumber) {
  for (const std::uint32_t level : {1u, 2u}) must(repository.publish(level));
  (void)expire_levels(repository.context, "stable", 0);
  EXPECT_EQ(code(repository.publish(1)), "repository.level-not-higher");
}

}  // namespace
}  // namespace suture
