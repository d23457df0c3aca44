// SPDX-License-Identifier: Apache-2.0
#include "build/line_numbers.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/process.h"

namespace suture {
namespace {

TEST(LineNumbers, ReadsTheHeadsOfHunks) {
  const auto changes = parse_line_changes(
      "--- a\n+++ b\n@@ -3 +3,2 @@ f()\n-x\n+y\n+z\n@@ -9,2 +10,0 @@\n@@ broken\n@@ -x +1 @@\n");
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].old_line, 3u);
  EXPECT_EQ(changes[0].old_count, 1u);
  EXPECT_EQ(changes[0].new_count, 2u);
  EXPECT_EQ(changes[1].old_count, 2u);
  EXPECT_EQ(changes[1].new_line, 10u);
  EXPECT_EQ(changes[1].new_count, 0u);
}

TEST(LineNumbers, GoesOnWithTheNumberThatALineHad) {
  EXPECT_EQ(with_line_numbers_kept("a\nnew\nb\nc\n", {{1, 0, 2, 1}}), "a\nnew\n#line 2\nb\nc\n");
  EXPECT_EQ(with_line_numbers_kept("a\nc\n", {{2, 1, 1, 0}}), "a\n#line 3\nc\n");
  EXPECT_EQ(with_line_numbers_kept("a\nB\nc", {{2, 1, 2, 1}}), "a\nB\nc");
  EXPECT_EQ(with_line_numbers_kept("a\nnew\n", {{1, 0, 2, 1}}), "a\nnew\n");
  EXPECT_EQ(with_line_numbers_kept("", {{1, 0, 2, 1}}), "");
}

TEST(LineNumbers, NeverCutsAMacro) {
  EXPECT_EQ(with_line_numbers_kept("#define M \\\n  new; \\\n  old\nx\n", {{1, 0, 2, 1}}),
            "#define M \\\n  new; \\\n  old\n#line 3\nx\n");
}

TEST(LineNumbers, WaitsUntilTheNextChangeIsOver) {
  EXPECT_EQ(with_line_numbers_kept("new\na \\\nnew \\\nnew\nb\n", {{0, 0, 1, 1}, {1, 0, 3, 2}}),
            "new\n#line 1\na \\\nnew \\\nnew\n#line 2\nb\n");
}

// As the compiler sees it: every line that both files have says the same __LINE__.
TEST(LineNumbers, TheCompilerAgrees) {
  const auto folder = TempDir::make("suture-lines");
  ASSERT_TRUE(folder.has_value());
  const auto path = [&](const char* name) { return folder->path() / name; };
  ASSERT_TRUE(write_file(path("old.c"),
                         "int a = __LINE__;\nint gone;\nint b = __LINE__;\n#define M(x) \\\n  (x)\n"
                         "int c = M(__LINE__);\n")
                  .has_value());
  ASSERT_TRUE(write_file(path("new.c"),
                         "int new1;\nint new2;\nint a = __LINE__;\nint b = __LINE__;\n#define M(x) \\\n"
                         "  1 + \\\n  (x) - 1\nint c = M(__LINE__);\n")
                  .has_value());
  ASSERT_TRUE(keep_line_numbers(path("old.c"), path("new.c")).has_value());
  const auto preprocessed = run_ok({.argv = {"gcc", "-E", "-P", path("new.c").string()}});
  ASSERT_TRUE(preprocessed.has_value()) << preprocessed.error().message();
  EXPECT_NE(preprocessed->out.find("int a = 1;"), std::string::npos) << preprocessed->out;
  EXPECT_NE(preprocessed->out.find("int b = 3;"), std::string::npos) << preprocessed->out;
  EXPECT_NE(preprocessed->out.find("int c = 1 + (6) - 1;"), std::string::npos) << preprocessed->out;
}

}  // namespace
}  // namespace suture
