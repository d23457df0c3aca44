// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <gtest/gtest.h>

namespace suture {
namespace {

std::string code_of(std::string_view text, JsonLimits limits = {}) {
  const auto json = parse_json(text, "the test", limits);
  return json ? "" : json.error().code;
}

TEST(Json, ADocumentIsRead) {
  const auto json = parse_json(R"({"a": [1, -2, "x"], "b": {"a": null}})", "the test");
  ASSERT_TRUE(json) << json.error().message();
  EXPECT_EQ((*json)["a"][2], "x");
}

TEST(Json, BrokenTextIsRefusedAndNamed) {
  for (const char* text : {"", "{", "[1,]", "{\"a\":1,}", "nul", "1 2", "{'a':1}", "[\"\\ud800\"]",
                           "// no\n1", "[1e999]", "\"\xff\"", "[NaN]", "{1:2}"}) {
    const auto json = parse_json(text, "the test");
    ASSERT_FALSE(json) << text;
    EXPECT_EQ(json.error().code, "json.malformed") << text;
    EXPECT_EQ(json.error().what, "read the test");
  }
}

TEST(Json, AKeyMayNotStandTwice) {
  EXPECT_EQ(code_of(R"({"a": 1, "a": 2})"), "json.malformed");
  EXPECT_EQ(code_of(R"([{"b": {"a": 1, "\u0061": 2}}])"), "json.malformed") << "also when it is escaped";
  EXPECT_EQ(code_of(R"({"a": {"a": 1}, "b": {"a": 1}})"), "");
}

TEST(Json, SizeAndDepthAreBounded) {
  EXPECT_EQ(code_of("[1234]", {.bytes = 6}), "");
  EXPECT_EQ(code_of("[1234]", {.bytes = 5}), "json.too-large");
  EXPECT_EQ(code_of("[[[1]]]", {.depth = 3}), "");
  EXPECT_EQ(code_of("[[[[1]]]]", {.depth = 3}), "json.malformed");
  EXPECT_EQ(code_of(R"({"a":{"a":{"a":{"a":1}}}})", {.depth = 3}), "json.malformed");
  EXPECT_EQ(code_of(std::string(1000000, '[')), "json.malformed");
}

TEST(Json, MembersAreCheckedForTheirType) {
  const Json object =
      *parse_json(R"({"s": "x", "i": -5, "big": 9223372036854775808, "r": 1.5, "a": [], "o": {}})", "");
  EXPECT_EQ(*json_string(object, "s"), "x");
  EXPECT_EQ(*json_integer(object, "i"), -5);
  EXPECT_TRUE((*json_array(object, "a"))->empty());
  EXPECT_FALSE(*json_flag(object, "missing"));
  EXPECT_EQ(json_flag(object, "i").error().code, "json.schema");
  EXPECT_TRUE((*json_object(object, "o"))->empty());
  EXPECT_EQ(json_string(object, "i").error().code, "json.schema");
  EXPECT_EQ(json_integer(object, "s").error().code, "json.schema");
  EXPECT_EQ(json_integer(object, "r").error().code, "json.schema");
  EXPECT_EQ(json_integer(object, "big").error().code, "json.schema");
  EXPECT_EQ(json_array(object, "o").error().code, "json.schema");
  EXPECT_EQ(json_object(object, "a").error().code, "json.schema");
  EXPECT_EQ(json_string(object, "missing").error().why, "it is missing");
  EXPECT_EQ(json_string(Json::array(), "s").error().code, "json.schema");
}

TEST(Json, TextThatIsNotUtf8IsWrittenAllTheSame) {
  EXPECT_EQ(json_text({{"a", "x\xff"}}), "{\n  \"a\": \"x\xef\xbf\xbd\"\n}\n");
}

}  // namespace
}  // namespace suture
