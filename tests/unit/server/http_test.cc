// SPDX-License-Identifier: Apache-2.0
#include "server/wire/http.h"

#include <gtest/gtest.h>

namespace suture::server {
namespace {

TEST(ParseTarget, DecodesPathAndParameters) {
  const auto target = parse_target("/a%20b/c%2Fd?state=applied&cve=CVE%2D1&empty=&bare");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/a b/c/d");
  EXPECT_EQ(target->query.at("state"), "applied");
  EXPECT_EQ(target->query.at("cve"), "CVE-1");
  EXPECT_EQ(target->query.at("empty"), "");
  EXPECT_EQ(target->query.at("bare"), "");
}

TEST(ParseTarget, RefusesWhatIsBroken) {
  for (const char* text : {"", "a", "http://x/", "*", "/%", "/%4", "/%zz", "/a%00b", "/?a=%", "/?a=1&a=2"}) {
    const auto target = parse_target(text);
    ASSERT_FALSE(target) << text;
    EXPECT_EQ(target.error().code, "request.target");
  }
}

TEST(MediaType, IgnoresParametersAndCase) {
  EXPECT_EQ(media_type("Application/JSON; charset=utf-8"), "application/json");
  EXPECT_EQ(media_type(" text/plain "), "text/plain");
  EXPECT_EQ(media_type(""), "");
}

RangeChoice part(std::uint64_t first, std::uint64_t last) {
  return {RangeKind::kPart, {first, last}};
}

void expect_range(std::string_view header, std::uint64_t size, RangeChoice expected) {
  const auto choice = choose_range(header, size);
  EXPECT_EQ(choice.kind, expected.kind) << header;
  EXPECT_EQ(choice.range, expected.range) << header;
}

TEST(ChooseRange, TakesOneRange) {
  expect_range("bytes=0-0", 10, part(0, 0));
  expect_range("bytes=2-5", 10, part(2, 5));
  expect_range("bytes=2-", 10, part(2, 9));
  expect_range("bytes=2-99", 10, part(2, 9));
  expect_range("bytes=-3", 10, part(7, 9));
  expect_range("bytes=-99", 10, part(0, 9));
}

TEST(ChooseRange, SendsTheWholeForWhatItDoesNotKnow) {
  for (const char* header : {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-2", "lines=1-2",
                             "bytes=0-1,3-4", "bytes=99999999999999999999-", "bytes=1-x", "bytes=--1"}) {
    expect_range(header, 10, {});
  }
}

TEST(ChooseRange, RefusesWhatLiesOutside) {
  expect_range("bytes=10-", 10, {.kind = RangeKind::kUnsatisfiable});
  expect_range("bytes=0-", 0, {.kind = RangeKind::kUnsatisfiable});
  expect_range("bytes=-0", 10, {.kind = RangeKind::kUnsatisfiable});
  expect_range("bytes=-1", 0, {.kind = RangeKind::kUnsatisfiable});
}

TEST(EtagListed, ComparesWeakly) {
  EXPECT_TRUE(etag_listed("\"a\"", "\"a\""));
  EXPECT_TRUE(etag_listed("\"b\", W/\"a\"", "\"a\""));
  EXPECT_TRUE(etag_listed(" * ", "\"a\""));
  EXPECT_FALSE(etag_listed("\"b\"", "\"a\""));
  EXPECT_FALSE(etag_listed("", "\"a\""));
  EXPECT_FALSE(etag_listed(",,,", "\"a\""));
}

}  // namespace
}  // namespace suture::server
