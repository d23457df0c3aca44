// SPDX-License-Identifier: Apache-2.0
#include "build/build_cache.h"

#include <gtest/gtest.h>

#include <chrono>

namespace suture {
namespace {

namespace fs = std::filesystem;

class Cache : public testing::Test {
 protected:
  BuildCache cache() const { return BuildCache(folder_->path()); }
  std::vector<fs::path> files() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder_->path())) {
      if (entry.is_regular_file()) found.push_back(entry.path());
    }
    return found;
  }

 private:
  Result<TempDir> folder_ = TempDir::make("suture-test");
};

const Bytes kValue{1, 2, 3, 0, 255};

TEST_F(Cache, WhatIsKeptIsFound) {
  const std::string key = BuildCache::key_of({"object", "text"});
  EXPECT_FALSE(cache().find(key));
  cache().keep(key, kValue);
  EXPECT_EQ(cache().find(key), kValue);
  EXPECT_FALSE(cache().find(BuildCache::key_of({"object", "other"})));
}

TEST_F(Cache, KeysTellPartsApart) {
  EXPECT_NE(BuildCache::key_of({"ab", "c"}), BuildCache::key_of({"a", "bc"}));
  EXPECT_NE(BuildCache::key_of({"a"}), BuildCache::key_of({"a", ""}));
}

TEST_F(Cache, WhatWasDamagedIsNotThere) {
  const std::string key = BuildCache::key_of({"a"});
  cache().keep(key, kValue);
  ASSERT_EQ(files().size(), 1u);
  Bytes file = *read_file(files()[0]);
  for (const std::size_t at : {std::size_t{3}, file.size() - 1}) {
    Bytes broken = file;
    broken[at] ^= 1;
    ASSERT_TRUE(write_file(files()[0], broken));
    EXPECT_FALSE(cache().find(key)) << at;
  }
  ASSERT_TRUE(write_file(files()[0], ByteView(file).first(20)));
  EXPECT_FALSE(cache().find(key));
}

TEST_F(Cache, ShrinksByWhatWasNotUsedForLongest) {
  const Bytes large(1000, 7);
  for (const char* name : {"old", "middle", "new"}) cache().keep(BuildCache::key_of({name}), large);
  const auto now = fs::file_time_type::clock::now();
  for (const fs::path& file : files()) fs::last_write_time(file, now - std::chrono::hours(5));
  EXPECT_TRUE(cache().find(BuildCache::key_of({"old"})));  // which makes it the newest
  cache().shrink(1500);
  EXPECT_EQ(files().size(), 1u);
  EXPECT_TRUE(cache().find(BuildCache::key_of({"old"})));
}

TEST(NoCache, KeepsNothing) {
  const BuildCache none;
  none.keep(BuildCache::key_of({"a"}), kValue);
  EXPECT_FALSE(none.find(BuildCache::key_of({"a"})));
  // A folder that cannot be written to is no error either.
  const BuildCache nowhere("/proc/nowhere");
  nowhere.keep(BuildCache::key_of({"a"}), kValue);
  EXPECT_FALSE(nowhere.find(BuildCache::key_of({"a"})));
}

}  // namespace
}  // namespace suture
