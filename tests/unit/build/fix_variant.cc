// SPDX-License-Identifier: Apache-2.0
#include "build/fix_variant.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace suture {
namespace {

class Variants : public testing::Test {
 protected:
  void add(const std::string& name) const { ASSERT_TRUE(write_file(folder_->path() / name, "x")); }
  std::string found(const std::string& release) const {
    const auto path = variant_for(folder_->path() / "CVE-1.patch", release);
    return path ? path->filename().string() : path.error().code;
  }

 private:
  Result<TempDir> folder_ = TempDir::make("suture-test");
};

TEST_F(Variants, TheFixItselfIsForAllOthers) {
  add("CVE-1.patch");
  add("CVE-1@5.10.patch");
  add("CVE-10@6.1.patch");
  add("CVE-1@6.1.diff");
  EXPECT_EQ(found("6.1.0-47-cloud-amd64"), "CVE-1.patch");
  EXPECT_EQ(found("5.10.0-46-cloud-amd64"), "CVE-1@5.10.patch");
}

TEST_F(Variants, TheLongestVersionWins) {
  for (const char* name : {"CVE-1.patch", "CVE-1@6.patch", "CVE-1@6.1.patch", "CVE-1@6.1.0-47.patch"})
    add(name);
  EXPECT_EQ(found("6.1.0-47-cloud-amd64"), "CVE-1@6.1.0-47.patch");
  EXPECT_EQ(found("6.1.0-48-cloud-amd64"), "CVE-1@6.1.patch");
  EXPECT_EQ(found("6.12.118+deb13-cloud-amd64"), "CVE-1@6.patch");
}

TEST_F(Variants, AVersionEndsWhereANumberDoes) {
  add("CVE-1.patch");
  add("CVE-1@5.1.patch");
  add("CVE-1@.patch");
  EXPECT_EQ(found("5.10.0-46-cloud-amd64"), "CVE-1.patch");
  EXPECT_EQ(found("5.1.7"), "CVE-1@5.1.patch");
  EXPECT_EQ(found("5.1"), "CVE-1@5.1.patch");
}

TEST_F(Variants, WithoutOneForAllOthersAKernelMayHaveNone) {
  add("CVE-1@5.10.patch");
  EXPECT_EQ(found("5.10.0-46-cloud-amd64"), "CVE-1@5.10.patch");
  EXPECT_EQ(found("6.1.0-47-cloud-amd64"), "build.no-fix-for-kernel");
}

}  // namespace
}  // namespace suture
