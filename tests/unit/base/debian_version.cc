// SPDX-License-Identifier: Apache-2.0
#include "base/debian_version.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace suture {
namespace {

TEST(DebianVersion, OrderIsThatOfThePolicy) {
  // Ascending; each is compared with each.
  const std::vector<std::string> versions = {
      "0",    "1~~",       "1~~a",         "1~",        "1",        "1-1",   "1-1~deb12u1x", "1-2",
      "1-10", "1a",        "1+b",          "1.0~rc1",   "1.0",      "1.0a",  "1.0+x",        "1.2",
      "1.10", "6.1.170-3", "6.1.170-3+b1", "6.1.176-1", "6.12.1-1", "1:0.1", "1:1",          "10:0"};
  std::vector<std::string> ordered = versions;
  // "1-1~deb12u1x" stands below "1-1".
  std::swap(ordered[5], ordered[6]);
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    for (std::size_t j = 0; j < ordered.size(); ++j) {
      EXPECT_TRUE(compare_debian_versions(ordered[i], ordered[j]) == (i <=> j))
          << ordered[i] << " and " << ordered[j];
    }
  }
}

TEST(DebianVersion, LeadingZerosAndAbsentPartsDoNotCount) {
  EXPECT_EQ(compare_debian_versions("1.01", "1.1"), std::strong_ordering::equal);
  EXPECT_EQ(compare_debian_versions("0:1", "1"), std::strong_ordering::equal);
  EXPECT_EQ(compare_debian_versions("1-0", "1"), std::strong_ordering::equal);
  EXPECT_EQ(compare_debian_versions("", ""), std::strong_ordering::equal);
  EXPECT_EQ(compare_debian_versions("1.99999999999999999999999", "1.100000000000000000000000"),
            std::strong_ordering::less);
}

}  // namespace
}  // namespace suture
