// SPDX-License-Identifier: Apache-2.0
#include "build/declarations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "build/fix.h"

namespace suture {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Declarations, AreReadAboveTheDiff) {
  const auto fix = parse_fix(
      "Close the hole.\n\nSuture-Update-Data: tcp_table\nSuture-Update-Data:\tlimit.3\r\n"
      "Suture-Accept-Layout: struct task_struct\nSuture-Update-Data: tcp_table\n\n"
      "--- a/net/a.c\n+++ b/net/a.c\n@@ -1 +1 @@\n-a\n+Suture-Update-Data: not_this\n",
      "fix");
  ASSERT_TRUE(fix.has_value()) << fix.error().message();
  EXPECT_THAT(fix->record.updated_data, ElementsAre("limit.3", "tcp_table"));
  EXPECT_THAT(fix->record.accepted_layouts, ElementsAre("struct task_struct"));
}

TEST(Declarations, MayBeAbsent) {
  const auto declared = read_declarations("Words about Suture-Update-Data: x\n", "fix");
  ASSERT_TRUE(declared.has_value());
  EXPECT_TRUE(declared->updated_data.empty());
  EXPECT_TRUE(declared->accepted_layouts.empty());
}

TEST(Declarations, ThatAreNotUnderstoodAreRefused) {
  for (const char* line :
       {"Suture-Update-Data:", "Suture-Update-Data: two names", "Suture-Update-Data: a;b",
        "Suture-Accept-Layout: task_struct", "Suture-Accept-Layout: enum x", "Suture-Accept-Layout: struct ",
        "Suture-Updated-Data: x", "Suture-Accept-Layouts: struct x"}) {
    const auto declared = read_declarations(std::string("First line.\n") + line + "\n", "fix");
    ASSERT_FALSE(declared.has_value()) << line;
    EXPECT_EQ(declared.error().code, "build.fix-malformed");
    EXPECT_THAT(declared.error().message(), HasSubstr("line 2"));
  }
}

}  // namespace
}  // namespace suture
