// SPDX-License-Identifier: Apache-2.0
//
// What no metadata name goes, and nothing else.
#include <gmock/gmock.h>

#include "make.h"
#include "repository/mirror.h"
#include "repository/promotion.h"

namespace suture {
namespace {

namespace fs = std::filesystem;
using test::kBuildId;
using test::kNow;
using test::must;

class GarbageTest : public testing::Test {
 protected:
  std::vector<std::string> collect(bool remove = true, std::chrono::seconds grace = std::chrono::seconds(0)) {
    // Files of this very moment are within any grace.
    for (const auto& entry : fs::recursive_directory_iterator(repository.context.repository)) {
      if (entry.is_regular_file())
        fs::last_write_time(entry, fs::file_time_type::clock::now() - std::chrono::hours(1));
    }
    return must(collect_garbage(repository.context.repository, grace, remove)).files;
  }

  test::Repository repository;
};

TEST_F(GarbageTest, WhatIsNamedStaysAndWhatIsNotGoes) {
  for (const std::uint32_t level : {1u, 2u, 3u}) must(repository.publish(level));
  must(expire_levels(repository.context, "stable", 1));
  const auto files = collect(false);
  EXPECT_THAT(files, testing::Contains(testing::StartsWith("patchsets/" + kBuildId + "/000001/")));
  EXPECT_THAT(files, testing::Contains("metadata/1.snapshot.json"));
  EXPECT_THAT(files,
              testing::Not(testing::Contains(testing::StartsWith("patchsets/" + kBuildId + "/000003/"))));
  EXPECT_EQ(collect(), files);
  for (const std::string& file : files) EXPECT_FALSE(fs::exists(repository.context.repository / file));
  EXPECT_TRUE(collect().empty());
  test::Mirror mirror = repository.mirror();
  EXPECT_EQ(must(verify_repository(mirror, repository.metadata("1.root.json"), kNow)).patchsets.size(), 1u);
  // Life goes on: also for the log, whose older tiles went.
  must(repository.publish(4));
  EXPECT_EQ(must(verify_repository(mirror, repository.metadata("1.root.json"), kNow)).log.value().size, 4u);
}

TEST_F(GarbageTest, ModulesOfAllEnginesAreNamed) {
  must(repository.publish_for_two_engines(1));
  collect();
  test::Mirror mirror = repository.mirror();
  EXPECT_EQ(must(verify_repository(mirror, repository.metadata("1.root.json"), kNow)).patchsets.size(), 1u);
}

TEST_F(GarbageTest, RootsStay) {
  must(renew_repository(repository.later(std::chrono::days(300))));
  collect();
  EXPECT_TRUE(fs::exists(repository.metadata("1.root.json")));
  EXPECT_TRUE(fs::exists(repository.metadata("2.root.json")));
}

TEST_F(GarbageTest, YoungFilesStay) {
  must(repository.publish(1));
  EXPECT_TRUE(collect(true, std::chrono::hours(2)).empty());
  EXPECT_FALSE(collect(true, std::chrono::minutes(30)).empty());
}

TEST_F(GarbageTest, ADamagedRepositoryLosesNothing) {
  const AvailablePatchset published = must(repository.publish(1));
  fs::remove(repository.context.repository / published.stored(published.module));
  std::size_t before = 0;
  for (const auto& entry : fs::recursive_directory_iterator(repository.context.repository))
    before += entry.exists();
  EXPECT_FALSE(collect_garbage(repository.context.repository, std::chrono::seconds(0), true));
  std::size_t after = 0;
  for (const auto& entry : fs::recursive_directory_iterator(repository.context.repository))
    after += entry.exists();
  EXPECT_EQ(after, before);
}

}  // namespace
}  // namespace suture
