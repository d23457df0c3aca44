// SPDX-License-Identifier: Apache-2.0
#include "base/base64.h"

#include <gtest/gtest.h>

namespace suture {
namespace {

TEST(Base64, ReadsAndWritesTheExamplesOfTheRfc) {
  for (const auto& [bytes, text] : {std::pair{"", ""},
                                    {"f", "Zg=="},
                                    {"fo", "Zm8="},
                                    {"foo", "Zm9v"},
                                    {"foob", "Zm9vYg=="},
                                    {"fooba", "Zm9vYmE="},
                                    {"foobar", "Zm9vYmFy"}}) {
    EXPECT_EQ(to_base64(as_bytes(bytes)), text);
    ASSERT_TRUE(from_base64(text)) << text;
    EXPECT_EQ(as_text(*from_base64(text)), bytes);
  }
}

TEST(Base64, HasOneTextForAValue) {
  for (const char* text : {"Zg", "Zg=", "Zh==", "Zm9=", " Zm9", "Zm9v\n", "Zm9v\n\n\n\n",
                           "Zm8=Zm8=", "====", "=m9v", "Zm-_", "Z===", "    "}) {
    EXPECT_FALSE(from_base64(text)) << text;
  }
}

}  // namespace
}  // namespace suture
