// SPDX-License-Identifier: Apache-2.0
#include "advisory/record.h"

#include <gtest/gtest.h>

#include "advisory/cvss_score.h"

namespace suture {
namespace {

using namespace std::string_view_literals;

TEST(Record, TextsAreCutBetweenLetters) {
  EXPECT_EQ(shown_text("abc", 3), "abc");
  EXPECT_EQ(shown_text("abcdef", 5), "ab\xE2\x80\xA6");
  EXPECT_EQ(shown_text("a\xC3\xA9\xC3\xA9\xC3\xA9", 6), "a\xC3\xA9\xE2\x80\xA6");
  EXPECT_EQ(shown_text("abcdef", 3), "\xE2\x80\xA6");
  EXPECT_EQ(shown_line("  a \n\t b  ", 80), "a b");
  EXPECT_EQ(shown_line(" \n ", 80), "");
  EXPECT_LE(shown_line(std::string(100000, 'a'), 512).size(), 512u);
}

TEST(Record, WhatSteersATerminalIsTakenOut) {
  EXPECT_EQ(shown_text("a\x1b[31m\x07\x7f"sv, 80), "a [31m  ");
  EXPECT_EQ(shown_text("a\r\nb\rc\0d"sv, 80), "a\nb c d");
  EXPECT_EQ(shown_text("\xC2\x9B"
                       "1m\xE2\x80\xAE"sv,
                       80),
            " 1m ");
  EXPECT_EQ(shown_text("\xFF\xC3"sv, 80), "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Record, NamesAreWholeOrNone) {
  EXPECT_EQ(exact_name("1:6.1.176-1~deb12u1+b1"), "1:6.1.176-1~deb12u1+b1");
  EXPECT_EQ(exact_name(""), "");
  EXPECT_EQ(exact_name(std::string(kMostName, 'a')), std::string(kMostName, 'a'));
  for (const std::string& wrong : {std::string(kMostName + 1, 'a'), std::string(" 1"), std::string("1\n"),
                                   std::string("1\x1b"), std::string("\xff"), std::string("1  2")}) {
    EXPECT_EQ(exact_name(wrong), std::nullopt) << wrong;
  }
}

TEST(Record, PathsStayInTheTree) {
  EXPECT_TRUE(is_tree_path("net/vmw_vsock/af_vsock.c"));
  EXPECT_TRUE(is_tree_path("Makefile"));
  for (const std::string_view wrong : {""sv, "/etc/passwd"sv, "../a"sv, "a/../b"sv, "a//b"sv, "a/"sv, "./a"sv,
                                       "a\\b"sv, "a\nb"sv, "a\0b"sv, "a/.."sv}) {
    EXPECT_FALSE(is_tree_path(wrong)) << wrong;
  }
  EXPECT_FALSE(is_tree_path(std::string(2000, 'a')));
}

TEST(Record, AddressesOfCommits) {
  const std::string commit = "f6ec135941d2c1c2dbb87b5ce1783f4f6ac6ccca";
  for (const char* before :
       {"https://git.kernel.org/stable/c/", "https://git.kernel.org/linus/", "https://github.com/a/b/commit/",
        "https://git.kernel.org/pub/scm/x.git/commit/?id="}) {
    EXPECT_EQ(commit_of_url(before + commit), commit) << before;
  }
  for (const std::string& other :
       {commit, "x" + commit, "https://x/y?z=" + commit, "https://x/c/" + commit + "/",
        std::string("https://x/c/F6EC135941D2C1C2DBB87B5CE1783F4F6AC6CCCA"), std::string()}) {
    EXPECT_EQ(commit_of_url(other), "") << other;
  }
  EXPECT_TRUE(is_url("https://example.org/a?b#c"));
  for (const char* wrong : {"", "javascript:x", "https://a b", "https://\x1b", "ftp://x"})
    EXPECT_FALSE(is_url(wrong)) << wrong;
}

TEST(Record, TheLaterCvssCounts) {
  std::optional<Cvss> kept;
  prefer(kept, std::nullopt);
  EXPECT_FALSE(kept);
  prefer(kept, cvss_of("AV:N/AC:L/Au:N/C:P/I:P/A:P", 10.0));
  prefer(kept, cvss_of("CVSS:3.1/AV:L", 5.0));
  EXPECT_EQ(kept->score, 5.0);
  prefer(kept, cvss_of("CVSS:3.0/AV:N", 9.0));
  EXPECT_EQ(kept->score, 5.0);
  prefer(kept, cvss_of("CVSS:3.1/AV:N", 6.0));
  EXPECT_EQ(kept->score, 6.0);
  EXPECT_FALSE(cvss_of("CVSS:3.1/AV:N", 10.1));
  EXPECT_FALSE(cvss_of("CVSS:3.1/AV:N", -0.1));
  EXPECT_FALSE(cvss_of("CVSS:3.1/AV:N", std::nullopt));
}

// Scores as the National Vulnerability Database publishes them for these vectors.
TEST(CvssScore, IsTheSpecifications) {
  EXPECT_EQ(cvss3_base_score("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H"), 7.8);
  EXPECT_EQ(cvss3_base_score("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:H"), 5.5);
  EXPECT_EQ(cvss3_base_score("CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:H/I:H/A:H"), 7.0);
  EXPECT_EQ(cvss3_base_score("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"), 9.8);
  EXPECT_EQ(cvss3_base_score("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H"), 10.0);
  EXPECT_EQ(cvss3_base_score("CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"), 6.1);
  EXPECT_EQ(cvss3_base_score("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"), 7.5);
  EXPECT_EQ(cvss3_base_score("CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:N"), 0.0);
  EXPECT_EQ(cvss3_base_score("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H/E:U"), 7.8);
}

TEST(CvssScore, OfWhatIsNoVectorIsNone) {
  for (const char* wrong :
       {"", "CVSS:3.1/", "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H",
        "CVSS:3.1/AV:X/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", "CVSS:3.1/AV:L/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H",
        "CVSS:4.0/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", "AV:N/AC:L/Au:N/C:P/I:P/A:P", "CVSS:3.1/////"}) {
    EXPECT_EQ(cvss3_base_score(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace suture
