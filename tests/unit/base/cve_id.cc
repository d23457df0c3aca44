// SPDX-License-Identifier: Apache-2.0
#include "base/cve_id.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace suture {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> found_in(std::string_view text) {
  std::vector<std::string> ids;
  for_each_cve_id(text, [&](std::string_view id) { ids.emplace_back(id); });
  return ids;
}

TEST(CveId, AYearAndFourToNineteenDigits) {
  EXPECT_TRUE(is_cve_id("CVE-2026-0001"));
  EXPECT_TRUE(is_cve_id("CVE-2026-1234567890123456789"));
  for (const char* wrong :
       {"", "CVE-", "CVE-2026", "CVE-2026-", "CVE-2026-123", "CVE-2026-12345678901234567890", "CVE-26-1234",
        "CVE-20261-1234", "cve-2026-1234", " CVE-2026-1234", "CVE-2026-1234 ", "CVE-2026-1234a",
        "CVE-2026_1234", "CVE-2026-/etc"}) {
    EXPECT_FALSE(is_cve_id(wrong)) << wrong;
  }
}

TEST(CveId, ATextMayHoldMany) {
  EXPECT_THAT(found_in("xfrm: (CVE-2026-1001, CVE-2026-1002)CVE-2026-1003."),
              ElementsAre("CVE-2026-1001", "CVE-2026-1002", "CVE-2026-1003"));
  EXPECT_THAT(found_in("CVE-CVE-2026-1001"), ElementsAre("CVE-2026-1001"));
  EXPECT_THAT(found_in("CVE-2026-12345678901234567890 CVE-2026-12 CVE- CVE"), IsEmpty());
  EXPECT_THAT(found_in(""), IsEmpty());
}

}  // namespace
}  // namespace suture
