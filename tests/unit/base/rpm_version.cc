// SPDX-License-Identifier: Apache-2.0
#include "base/rpm_version.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace suture {
namespace {

TEST(RpmVersion, OrderIsThatOfRpm) {
  // Ascending; each is compared with each. `rpm --eval '%{lua: print(rpm.vercmp(...))}'` says the same.
  const std::vector<std::string> versions = {"0",
                                             "1~~",
                                             "1~rc1",
                                             "1",
                                             "1^",
                                             "1^git1",
                                             "1a",
                                             "1.a",
                                             "1.0",
                                             "1.0.1",
                                             "1.1",
                                             "1.10",
                                             "3.0.7-6.el9_2",
                                             "3.0.7-18.el9_2",
                                             "3.0.7-24.el9",
                                             "5.14.0-427.16.1.el9_4",
                                             "5.14.0-503.11.1.el9_5",
                                             "1:0.1",
                                             "1:3.0.7-1",
                                             "10:0"};
  for (std::size_t i = 0; i < versions.size(); ++i) {
    for (std::size_t j = 0; j < versions.size(); ++j) {
      // "1a" and "1.a" are made of the same parts.
      const auto wanted = (i == 6 && j == 7) || (i == 7 && j == 6) ? std::strong_ordering::equal : i <=> j;
      EXPECT_TRUE(compare_rpm_versions(versions[i], versions[j]) == wanted)
          << versions[i] << " and " << versions[j];
    }
  }
}

TEST(RpmVersion, AReleaseCountsWhereBothHaveOne) {
  EXPECT_EQ(compare_rpm_versions("3.0.7", "3.0.7-24.el9"), std::strong_ordering::equal);
  EXPECT_EQ(compare_rpm_versions("0:1.01", "1.1"), std::strong_ordering::equal);
  EXPECT_EQ(compare_rpm_versions("", ""), std::strong_ordering::equal);
  EXPECT_EQ(compare_rpm_versions("---", "..."), std::strong_ordering::equal);
}

}  // namespace
}  // namespace suture
