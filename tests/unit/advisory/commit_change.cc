// SPDX-License-Identifier: Apache-2.0
#include "advisory/commit_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/process.h"

namespace suture {
namespace {

class CommitChangeTest : public testing::Test {
 protected:
  void SetUp() override { git({"init", "-q"}); }

  std::string git(std::vector<std::string> arguments) {
    Command command{.argv = {"git", "-C", folder_.path().string(), "-c", "user.name=A", "-c",
                             "user.email=a@example.org", "-c", "commit.gpgSign=false"},
                    .environment = {{"GIT_CONFIG_GLOBAL", "/dev/null"}, {"GIT_CONFIG_NOSYSTEM", "1"}}};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    auto finished = run_ok(command);
    EXPECT_TRUE(finished.has_value()) << finished.error().message();
    return finished ? finished->out : std::string();
  }

  std::string commit(const std::string& path, const std::string& text) {
    EXPECT_TRUE(write_file(folder_.path() / path, std::string_view(text)).has_value());
    git({"add", "-A"});
    git({"commit", "-q", "-m", "change"});
    return git({"rev-parse", "HEAD"}).substr(0, 40);
  }

  const std::string long_body_ = [] {
    std::string text;
    for (int i = 0; i < 10; ++i) text += "\tstep(" + std::to_string(i) + ");\n";
    return text;
  }();
  TempDir folder_ = TempDir::make("suture-commit-test-").value();
};

// The diff's heading would name first(), and no line of second()'s head is near.
TEST_F(CommitChangeTest, FunctionsAreThoseOfTheWholeFile) {
  const std::string first = "int first(void)\n{\n}\n\n#define SECOND(x) \\\n\tstatic int x\n\n";
  const std::string base =
      commit("net/core/x.c", first + "SYSCALL_DEFINE1(second, int, a)\n{\n" + long_body_ + "}\n");
  const std::string id =
      commit("net/core/x.c", first + "SYSCALL_DEFINE1(second, int, a)\n{\n" + long_body_ + "\tmore();\n}\n");
  const auto change = read_commit_change(folder_.path(), id);
  ASSERT_TRUE(change.has_value()) << change.error().message();
  EXPECT_EQ(change->origin, "commit " + id.substr(0, 12));
  EXPECT_FALSE(change->mixed);
  ASSERT_EQ(change->files.size(), 1u);
  EXPECT_EQ(change->files[0].path, "net/core/x.c");
  ASSERT_EQ(change->files[0].items.size(), 1u);
  EXPECT_EQ(change->files[0].items[0].name, "__do_sys_second");

  const auto diff = read_commit_diff(folder_.path(), id);
  ASSERT_TRUE(diff.has_value()) << diff.error().message();
  EXPECT_THAT(*diff, testing::HasSubstr("--- a/net/core/x.c\n+++ b/net/core/x.c\n@@ "));
  EXPECT_THAT(*diff, testing::HasSubstr("\n+\tmore();\n"));

  const auto root = read_commit_change(folder_.path(), base);
  ASSERT_TRUE(root.has_value()) << root.error().message();
  EXPECT_TRUE(root->files[0].added);
}

TEST_F(CommitChangeTest, AMergeIsSeenFromItsFirstParent) {
  commit("a.c", "int a;\n");
  git({"checkout", "-q", "-b", "side"});
  commit("b.c", "int b;\n");
  git({"checkout", "-q", "-"});
  commit("c.c", "int c;\n");
  git({"merge", "-q", "--no-ff", "-m", "merge", "side"});
  const auto change = read_commit_change(folder_.path(), git({"rev-parse", "HEAD"}).substr(0, 40));
  ASSERT_TRUE(change.has_value()) << change.error().message();
  ASSERT_EQ(change->files.size(), 1u);
  EXPECT_EQ(change->files[0].path, "b.c");
}

TEST_F(CommitChangeTest, WhatIsNotThereIsSaid) {
  const std::string id = commit("a.c", "int a;\n");
  EXPECT_EQ(read_commit_change(folder_.path(), std::string(40, '1')).error().code, "advisory.commit-missing");
  EXPECT_EQ(read_commit_change(folder_.path(), git({"rev-parse", "HEAD^{tree}"}).substr(0, 40)).error().code,
            "advisory.commit-missing");
  EXPECT_EQ(read_commit_change("/nonexistent", id).error().code, "advisory.no-repository");
  for (const std::string& bad : {std::string(), id.substr(1), id + "0", std::string("--output=/tmp/x"),
                                 std::string(40, 'g'), std::string(40, 'A')}) {
    EXPECT_EQ(read_commit_change(folder_.path(), bad).error().code, "advisory.commit-id") << bad;
  }
}

}  // namespace
}  // namespace suture
