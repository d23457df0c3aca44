// SPDX-License-Identifier: Apache-2.0
#include "build/includer.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

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
    auto found = includers_of(folder_->path(), std::span(&file, 1));
    EXPECT_TRUE(found.has_value()) << found.error().message();
    if (!found) return "(error)";
    return found->contains(file) ? found->at(file) : "";
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

TEST_F(IncluderTest, OfManyFilesIsFoundForEach) {
  put("fs/all.c", "#include \"a.c\"\n#include \"b.S\"\n#include \"sub/a.c\"\n");
  put("fs/a.c", "");
  put("lib/all.c", "#include \"b.S\"\n");
  const std::vector<std::string> files = {"fs/a.c", "fs/sub/a.c", "fs/b.S", "lib/b.S", "lib/c.c"};
  const auto found = includers_of(folder_->path(), files);
  ASSERT_TRUE(found.has_value()) << found.error().message();
  const std::map<std::string, std::string> wanted = {
      {"fs/a.c", "fs/all.c"}, {"fs/sub/a.c", "fs/all.c"}, {"fs/b.S", "fs/all.c"}, {"lib/b.S", "fs/all.c"}};
  EXPECT_EQ(*found, wanted);
  EXPECT_TRUE(includers_of("/nonexistent", {}).value().empty()) << "nothing is read for nothing";
}

TEST_F(IncluderTest, OfATreeThatIsNotThereIsAnError) {
  const std::string file = "part.c";
  EXPECT_FALSE(includers_of("/nonexistent", std::span(&file, 1)).has_value());
}

}  // namespace
}  // namespace suture
