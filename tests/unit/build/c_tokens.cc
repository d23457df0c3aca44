// SPDX-License-Identifier: Apache-2.0
#include "build/c_tokens.h"

#include <gtest/gtest.h>

#include <string>

namespace suture {
namespace {

std::vector<std::string> texts(std::string_view text) {
  std::vector<std::string> result;
  for (const Token& token : cut_tokens(text)) result.emplace_back(token.text);
  return result;
}
using Texts = std::vector<std::string>;

TEST(CTokens, WhiteSpaceIsNone) {
  EXPECT_EQ(cut_tokens("int  a\n;"), cut_tokens("\tint a;\n\n"));
  EXPECT_NE(cut_tokens("inta;"), cut_tokens("int a;"));
}

TEST(CTokens, LineMarkersAreNoneButNumbersOfLinesAre) {
  EXPECT_EQ(cut_tokens("# 12 \"a.h\" 1\nint a;"), cut_tokens("int a;"));
  EXPECT_NE(cut_tokens("warn(12);"), cut_tokens("warn(13);"));
}

TEST(CTokens, PragmasAreWholeLines) {
  EXPECT_EQ(texts("a;\n #pragma pack(push, 1)\nb"), (Texts{"a", ";", "#pragma pack(push, 1)", "b"}));
}

TEST(CTokens, MarksAreAsLongAsTheyCanBe) {
  EXPECT_EQ(texts("a-->b...c<<=d"), (Texts{"a", "--", ">", "b", "...", "c", "<<=", "d"}));
  EXPECT_NE(cut_tokens("a - -b"), cut_tokens("a --b"));
}

TEST(CTokens, LiteralsAreWhole) {
  EXPECT_EQ(texts(R"(f("a \" /* no comment */ b", '\'', L"x", 0x1p-3, 1e+5, .5))"),
            (Texts{"f", "(", R"("a \" /* no comment */ b")", ",", R"('\'')", ",", "L\"x\"", ",", "0x1p-3",
                   ",", "1e+5", ",", ".5", ")"}));
}

TEST(CTokens, AnyBytesCanBeCut) {
  EXPECT_EQ(texts("\"open\nx '"), (Texts{"\"open", "x", "'"}));
  EXPECT_EQ(texts("\"\\"), (Texts{"\"\\"}));
  EXPECT_EQ(texts("#"), (Texts{"#"}));
  EXPECT_EQ(texts("L"), (Texts{"L"}));
  EXPECT_EQ(texts(""), Texts{});
}

}  // namespace
}  // namespace suture
