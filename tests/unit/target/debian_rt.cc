// SPDX-License-Identifier: Apache-2.0
#include "target/debian_rt.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace suture {
namespace {

TEST(AptUris, FilesAndTheirHashes) {
  const auto files = parse_apt_uris(
      "Reading package lists...\n"
      "'http://archive.test/l/linux_6.1.orig.tar.xz' linux_6.1.orig.tar.xz 137 SHA256:0a\n"
      "'http://archive.test/l/linux_6.1-3.debian.tar.xz' linux_6.1-3.debian.tar.xz 15 SHA512:0b\n");
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[1].url, "http://archive.test/l/linux_6.1-3.debian.tar.xz");
  EXPECT_EQ(files[1].name, "linux_6.1-3.debian.tar.xz");
  EXPECT_EQ(files[1].hash, "SHA512:0b");
}

// A name becomes a path, and without a hash anything could be fetched.
TEST(AptUris, OthersAreLeftOut) {
  for (const char* line :
       {"'http://a.test/x' ../x 1 SHA256:0", "'http://a.test/x' .x 1 SHA256:0",
        "'http://a.test/x' x 1 MD5Sum:0", "'http://a.test/x' x 1", "'http://a.test/x'", "'", ""})
    EXPECT_TRUE(parse_apt_uris(line).empty()) << line;
}

TEST(RealTime, ReleasesSaySo) {
  EXPECT_TRUE(is_real_time("6.1.0-47-rt-amd64"));
  EXPECT_TRUE(is_real_time("6.12.117+deb13-rt-amd64"));
  EXPECT_FALSE(is_real_time("6.1.0-47-cloud-amd64"));
  EXPECT_FALSE(is_real_time("6.1.0-47-amd64"));
}

class Series : public testing::Test {
 protected:
  void SetUp() override {
    put("tree/a.c", "one\n");
    put("patches/first.patch", "--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-one\n+two\n");
    put("patches/sub/second.patch", "--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-two\n+three\n");
  }
  std::filesystem::path folder() const { return folder_->path(); }
  void put(const std::string& name, std::string_view text) const {
    ASSERT_TRUE(write_file(folder() / name, text));
  }
  std::string apply() const {
    const auto done = apply_series(folder() / "patches", folder() / "tree");
    return done ? read_text_file(folder() / "tree/a.c").value_or("") : done.error().code;
  }

 private:
  Result<TempDir> folder_ = TempDir::make("suture-test");
};

TEST_F(Series, AppliesInItsOrder) {
  put("patches/series", "# what follows\n\nfirst.patch\nsub/second.patch  # the second\n");
  EXPECT_EQ(apply(), "three\n");
}

TEST_F(Series, NamesThePatchThatDoesNotFit) {
  put("patches/series", "sub/second.patch\nfirst.patch\n");
  EXPECT_EQ(apply(), "target.patch-failed");
}

}  // namespace
}  // namespace suture
