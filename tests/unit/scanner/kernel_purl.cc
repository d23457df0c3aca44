// SPDX-License-Identifier: Apache-2.0
#include "scanner/kernel_purl.h"

#include <gtest/gtest.h>

#include "base/cve_id.h"

namespace suture {
namespace {

std::string purl(const char* distribution, const char* release, const char* version,
                 const char* architecture) {
  return kernel_purl(
      {.distribution = distribution, .release = release, .version = version, .architecture = architecture});
}

TEST(KernelPurl, IsThatOfThePackageWhichScannersFind) {
  EXPECT_EQ(purl("debian", "6.1.0-47-amd64", "6.1.170-3", "x86_64"),
            "pkg:deb/debian/linux-image-6.1.0-47-amd64@6.1.170-3?arch=amd64");
  EXPECT_EQ(purl("ubuntu", "5.15.0-118-generic", "", "aarch64"),
            "pkg:deb/ubuntu/linux-image-5.15.0-118-generic?arch=arm64");
  EXPECT_EQ(purl("rocky", "5.14.0-427.13.1.el9_4.x86_64", "", "x86_64"),
            "pkg:rpm/rocky/kernel-core@5.14.0-427.13.1.el9_4?arch=x86_64");
  EXPECT_EQ(purl("rhel", "5.14.0-427.el9.x86_64+rt", "", "x86_64"),
            "pkg:rpm/rhel/kernel-rt-core@5.14.0-427.el9?arch=x86_64");
  EXPECT_EQ(purl("arch", "6.12.1-1+x", "", "x86_64"), "pkg:generic/linux@6.12.1-1%2Bx?arch=x86_64");
  EXPECT_EQ(purl("debian", "6.1", "1:6~rc1+b2", "riscv64"),
            "pkg:deb/debian/linux-image-6.1@1%3A6~rc1%2Bb2?arch=riscv64");
}

TEST(KernelPurl, CanBeDecodedToUtf8) {
  EXPECT_EQ(percent_encoded("a/b c\xff\xc3\xa9"), "a%2Fb%20c%EF%BF%BD%C3%A9");
}

TEST(CveId, HasAYearAndFourDigitsOrMore) {
  EXPECT_TRUE(is_cve_id("CVE-2026-1001"));
  EXPECT_TRUE(is_cve_id("CVE-2026-1234567"));
  for (const char* wrong : {"", "CVE-2026-100", "cve-2026-1001", "CVE-2026-10a1", "CVE-202-61001",
                            "CVE-2026-1001 ", "CVE-2026-111111111111111111111111111111"}) {
    EXPECT_FALSE(is_cve_id(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace suture
