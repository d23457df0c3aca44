// SPDX-License-Identifier: Apache-2.0
//
// What is refused is tested where it is refused to people: tests/unit/build/fix.cc.
#include "source/unified_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace suture {
namespace {

constexpr std::string_view kTwoHunks =
    "--- a/net/core/sock.c\n"
    "+++ b/net/core/sock.c\n"
    "@@ -10,2 +10,3 @@ int f(void)\n"
    " one\n"
    "+between\n"
    " two\n"
    "@@ -30 +31,0 @@\n"
    "-three\n"
    "\\ No newline at end of file\n";

TEST(UnifiedDiff, GivesEachHunkAndItsLines) {
  const auto files = parse_unified_diff(kTwoHunks, "read it");
  ASSERT_TRUE(files.has_value()) << files.error().message();
  ASSERT_EQ(files->size(), 1u);
  const DiffFile& file = files->front();
  ASSERT_EQ(file.hunks.size(), 2u);
  EXPECT_EQ(file.hunks[0].old_line, 10u);
  EXPECT_EQ(file.hunks[0].old_count, 2u);
  EXPECT_EQ(file.hunks[0].new_line, 10u);
  EXPECT_EQ(file.hunks[0].new_count, 3u);
  EXPECT_EQ(file.lines_of(file.hunks[0]), " one\n+between\n two\n");
  EXPECT_EQ(file.hunks[1].old_count, 1u);
  EXPECT_EQ(file.hunks[1].new_count, 0u);
  EXPECT_EQ(file.lines_of(file.hunks[1]), "-three\n\\ No newline at end of file\n");
}

TEST(UnifiedDiff, WhoReadsTextSkipsWhatHasNone) {
  const std::string diff =
      "diff --git a/a.bin b/a.bin\nGIT binary patch\nliteral 0\nHcmV?d00001\n\n"
      "diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n"
      "diff --git a/old.c b/new.c\nsimilarity index 100%\nrename from old.c\nrename to new.c\n"
      "diff --git a/link b/link\nnew file mode 120000\n--- /dev/null\n+++ b/link\n@@ -0,0 +1 @@\n+x\n" +
      std::string(kTwoHunks) + "diff --git a/empty b/empty\nnew file mode 100644\nindex 0000000..e69de29\n";
  EXPECT_EQ(parse_unified_diff(diff, "read it").error().code, "source.diff-unsupported");
  const auto files = parse_unified_diff(diff, "read it", WithoutHunks::kSkip);
  ASSERT_TRUE(files.has_value()) << files.error().message();
  ASSERT_EQ(files->size(), 2u);
  EXPECT_EQ(files->at(0).path, "link");
  EXPECT_EQ(files->at(1).path, "net/core/sock.c");
}

TEST(UnifiedDiff, SaysWhatWasRead) {
  const auto files = parse_unified_diff("--- a/x.c\n", "read the change of x");
  ASSERT_FALSE(files.has_value());
  EXPECT_EQ(files.error().code, "source.diff-malformed");
  EXPECT_EQ(files.error().what, "read the change of x");
}

}  // namespace
}  // namespace suture
