// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <gtest/gtest.h>

namespace suture {
namespace {

TEST(Time, HasOneForm) {
  EXPECT_EQ(time_text(*parse_time("2028-02-29T23:59:59Z")), "2028-02-29T23:59:59Z");
  for (const char* bad : {"", "2027-02-29T00:00:00Z", "2026-11-24T24:00:00Z", "2026-11-24 10:00:00Z",
                          "2026-11-24T10:00:00+01:00", "2026-11-24T10:00:00.5Z", "-026-11-24T10:00:00Z"}) {
    const auto time = parse_time(bad);
    ASSERT_FALSE(time) << bad;
    EXPECT_EQ(time.error().code, "time.malformed");
  }
}

}  // namespace
}  // namespace suture
