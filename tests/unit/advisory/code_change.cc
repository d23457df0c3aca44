// SPDX-License-Identifier: Apache-2.0
#include "advisory/code_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/file.h"

namespace suture {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kBefore =
    "struct s {\n\tint x;\n};\n\n"
    "static int f(struct s *s)\n{\n\tint a = s->x;\n\n\treturn a;\n}\n\n"
    "static int g(struct s *s)\n{\n\treturn f(s);\n}\n";
constexpr const char* kAfter =
    "struct s {\n\tint x;\n\tint y;\n};\n\n"
    "static bool sane(struct s *s)\n{\n\treturn s->y;\n}\n\n"
    "static int f(struct s *s)\n{\n\tint a = s->x;\n\n\treturn a;\n}\n\n"
    "static int g(struct s *s)\n{\n\tif (!sane(s))\n\t\treturn 0;\n\treturn f(s);\n}\n";
// diff -u of the two. The second hunk is headed by f, though sane() and f's head are what it shows.
constexpr const char* kDiff =
    "--- a/net/x.c\n+++ b/net/x.c\n"
    "@@ -1,6 +1,12 @@\n struct s {\n \tint x;\n+\tint y;\n };\n \n+static bool sane(struct s *s)\n+{\n"
    "+\treturn s->y;\n+}\n+\n static int f(struct s *s)\n {\n"
    "@@ -11,5 +17,7 @@ static int f(struct s *s)\n \n static int g(struct s *s)\n {\n+\tif (!sane(s))\n"
    "+\t\treturn 0;\n \treturn f(s);\n }\n";

FileText text(const char* content) {
  return [content](const std::string&) { return std::optional<std::string>(content); };
}

CodeChange change_of(std::string_view diff, const FileTexts& texts = {}) {
  auto change = read_code_change(diff, "test", texts);
  EXPECT_TRUE(change.has_value()) << change.error().message();
  return change ? std::move(*change) : CodeChange{};
}

/// "type s", "+function sane": only there afterwards, "-function f": only before.
std::vector<std::string> items(const FileCodeChange& file) {
  constexpr const char* kKinds[] = {"function ", "type ", "macro ", "variable "};
  std::vector<std::string> words;
  for (const CodeItem& item : file.items) {
    const char* const sign = item.before ? (item.after ? "" : "-") : (item.after ? "+" : "?");
    words.push_back(sign + std::string(kKinds[static_cast<int>(item.kind)]) + item.name);
  }
  return words;
}

TEST(CodeChange, IsTheSameFromEitherSideAndFromTheDiffAlone) {
  for (const FileTexts& texts :
       {FileTexts{text(kBefore), text(kAfter)}, FileTexts{text(kBefore), {}}, FileTexts{{}, text(kAfter)},
        FileTexts{}, FileTexts{text("another\ntext\n"), {}}}) {
    const CodeChange change = change_of(kDiff, texts);
    ASSERT_EQ(change.files.size(), 1u);
    EXPECT_EQ(change.files[0].path, "net/x.c");
    EXPECT_THAT(items(change.files[0]), ElementsAre("type s", "+function sane", "function g"));
  }
}

TEST(CodeChange, LinesHaveNumbersAndWhatStandsAround) {
  const CodeChange change = change_of(kDiff);
  const auto& lines = change.files[0].lines;
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0].before, 2u);
  EXPECT_EQ(lines[0].after, 3u);
  EXPECT_THAT(lines[0].removed, IsEmpty());
  EXPECT_THAT(lines[0].added, ElementsAre("\tint y;"));
  EXPECT_THAT(lines[0].leading, ElementsAre("struct s {", "\tint x;"));
  EXPECT_THAT(lines[0].trailing, ElementsAre("};", ""));
  EXPECT_EQ(lines[1].before, 4u);
  EXPECT_EQ(lines[1].after, 6u);
  EXPECT_EQ(lines[2].before, 13u);
  EXPECT_EQ(lines[2].after, 20u);
  EXPECT_THAT(lines[2].leading, ElementsAre("", "static int g(struct s *s)", "{"));
}

TEST(CodeChange, OfLinesThatGo) {
  const CodeChange change = change_of(
      "--- a/x.c\n+++ b/x.c\n@@ -1,9 +1,4 @@\n-static int f(void)\n-{\n-\treturn 1;\n-}\n-\n"
      " int g(void)\n {\n-\treturn f();\n+\treturn 1;\n }\n");
  EXPECT_THAT(items(change.files[0]), ElementsAre("-function f", "function g"));
  ASSERT_EQ(change.files[0].lines.size(), 2u);
  EXPECT_EQ(change.files[0].lines[0].before, 1u);
  EXPECT_EQ(change.files[0].lines[0].after, 0u);
  EXPECT_EQ(change.files[0].lines[1].before, 8u);
  EXPECT_EQ(change.files[0].lines[1].after, 3u);
}

TEST(CodeChange, OfNewFilesAndOldOnes) {
  const CodeChange change = change_of(
      "--- /dev/null\n+++ b/fs/new.c\n@@ -0,0 +1,3 @@\n+int f(void)\n+{\n+}\n"
      "--- a/fs/old.c\n+++ /dev/null\n@@ -1,3 +0,0 @@\n-int g(void)\n-{\n-}\n");
  ASSERT_EQ(change.files.size(), 2u);
  EXPECT_TRUE(change.files[0].added);
  EXPECT_THAT(items(change.files[0]), ElementsAre("+function f"));
  EXPECT_TRUE(change.files[1].removed);
  EXPECT_THAT(items(change.files[1]), ElementsAre("-function g"));
}

// git cuts headings off, and takes labels for them.
TEST(CodeChange, HeadingsThatSayLittle) {
  const CodeChange change = change_of(
      "--- a/x.c\n+++ b/x.c\n"
      "@@ -10 +10 @@ static int a_function_with_a_long_name(struct one *one, struct two *two, struct t\n"
      "-\told();\n+\tnew();\n"
      "@@ -20 +20 @@ out_unlock:\n-\told();\n+\tnew();\n"
      "@@ -30 +30 @@ struct ops {\n-\tint a;\n+\tlong a;\n");
  EXPECT_THAT(items(change.files[0]), ElementsAre("function a_function_with_a_long_name", "type ops"));
}

TEST(CodeChange, WhatIsNoDiffIsRefused) {
  EXPECT_EQ(read_code_change("", "nothing").error().code, "source.diff-empty");
  EXPECT_EQ(read_code_change("--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-a\n", "it").error().code,
            "source.diff-malformed");
}

class RealChange : public testing::TestWithParam<std::pair<const char*, std::vector<std::string>>> {};

TEST_P(RealChange, IsFoundInTheDiffAlone) {
  const auto& [name, expected] = GetParam();
  const auto path = std::filesystem::path(SUTURE_TEST_DATA) / "fixes" / (std::string(name) + ".patch");
  const CodeChange change = change_of(read_text_file(path).value());
  std::vector<std::string> all;
  for (const FileCodeChange& file : change.files) {
    for (const std::string& item : items(file)) all.push_back(item);
  }
  EXPECT_EQ(all, expected);
}

INSTANTIATE_TEST_SUITE_P(
    Fixes, RealChange,
    testing::Values(
        std::pair{"CVE-2026-31673", std::vector<std::string>{"function sk_diag_dump_vfs"}},
        std::pair{"CVE-2026-53238", std::vector<std::string>{"variable netlbl_unlabel_genl_policy"}},
        std::pair{"CVE-2026-53050",
                  std::vector<std::string>{"-function dqgrab", "+function __dqgrab", "+function dqgrab"}},
        std::pair{"arp-ioctl-name", std::vector<std::string>{"function arp_ioctl"}}));

}  // namespace
}  // namespace suture
