// SPDX-License-Identifier: Apache-2.0
#include "base/duration.h"

#include <gtest/gtest.h>

namespace suture {
namespace {

using std::chrono::seconds;

TEST(Duration, HasANumberAndAUnit) {
  EXPECT_EQ(parse_duration("90s"), seconds(90));
  EXPECT_EQ(parse_duration("15m"), seconds(900));
  EXPECT_EQ(parse_duration("0h"), seconds(0));
  EXPECT_EQ(parse_duration("2d"), seconds(172800));
  for (const char* text : {"", "s", "4", "4 h", "-4h", "4hh", "99999999999999999999s", "99999999d"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

}  // namespace
}  // namespace suture
