// SPDX-License-Identifier: Apache-2.0
#include "build/includer.h"

#include <gtest/gtest.h>

#include <optional>

#include "base/file.h"

namespace suture {
namespace {

class IncluderTest : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = TempDir::make("suture-test");
    ASSERT_TRUE(folder.has_value());
    folder_.emplace(std::move(*folder));
  }
  void put(const std::string& name, std::string_view text) {
    ASSERT_TRUE(write_file(folder_->path() / name, text).has_value());
  }
  std::string includer(const std::string& file) const {
    auto found = includer_of(folder_->path(), file);
    EXPECT_TRUE(found.has_value()) << found.error().message();
    return found.value_or("(error)");
  }
  std::optional<TempDir> folder_;
};

TEST_F(IncluderTest, IsFoundBesideAboveAndBelow) {
  put("kernel/sched/build.c",
      "# include \"deadline.c\"\n#include \"../fork.c\"\n\t#\tinclude <deep/part.c>\n");
  EXPECT_EQ(includer("kernel/sched/deadline.c"), "kernel/sched/build.c");
  EXPECT_EQ(includer("kernel/fork.c"), "kernel/sched/build.c");
  EXPECT_EQ(includer("kernel/sched/deep/part.c"), "kernel/sched/build.c");
}

TEST_F(IncluderTest, MayBeAHeaderOrUseASearchPath) {
  put("drivers/x/all.h", "#include \"gt/part.c\"\n");
  EXPECT_EQ(includer("drivers/x/gt/part.c"), "drivers/x/all.h");
  EXPECT_EQ(includer("drivers/y/gt/part.c"), "drivers/x/all.h");
}

TEST_F(IncluderTest, IsNotOneOfAnotherFileOfThatName) {
  put("net/build.c",
      "#include \"core.c\"\n#include \"xpart.c\"\n// #include \"part.c\"\n#include \"partXc\"\n");
  EXPECT_EQ(includer("net/part.c"), "");
  EXPECT_EQ(includer("net/sub/core.c"), "net/build.c") << "a search path may lead there";
  put("net/core.c", "");
  EXPECT_EQ(includer("net/sub/core.c"), "") << "the one beside comes first";
  put("net/build.c", "#include \"../other/core.c\"\n");
  EXPECT_EQ(includer("net/core.c"), "");
}

TEST_F(IncluderTest, IsTheSameOneEachTime) {
  for (const char* name : {"b.c", "a.c", "c.c"}) put(name, "#include \"part.c\"\n");
  EXPECT_EQ(includer("part.c"), "a.c");
}

TEST_F(IncluderTest, OfATreeThatIsNotThereIsAnError) {
  EXPECT_FALSE(includer_of("/nonexistent", "part.c").has_value());
}

}  // namespace
}  // namespace suture
