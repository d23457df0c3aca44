// SPDX-License-Identifier: Apache-2.0
#include "advisory/kernel_version.h"

#include <gtest/gtest.h>

namespace suture {
namespace {

TEST(KernelVersion, AreOrderedAsTheyCameOut) {
  const std::vector<std::string> in_order{"0",          "2.6.12-rc2", "2.6.12", "4.9",    "4.9.300",
                                          "5.10.262-1", "6.1",        "6.1.9",  "6.1.10", "6.1.170-3",
                                          "7.1-rc1",    "7.1-rc2",    "7.1",    "7.1.1"};
  for (std::size_t i = 1; i < in_order.size(); ++i) {
    const auto before = parse_kernel_version(in_order[i - 1]);
    const auto after = parse_kernel_version(in_order[i]);
    ASSERT_TRUE(before && after) << in_order[i];
    EXPECT_LT(*before, *after) << in_order[i];
  }
}

TEST(KernelVersion, WhatDistributionsPutBehindDoesNotCount) {
  EXPECT_EQ(parse_kernel_version("6.12.107+deb13-cloud-amd64"), parse_kernel_version("6.12.107"));
  EXPECT_EQ(parse_kernel_version("5.14.0-427.el9"), parse_kernel_version("5.14"));
  EXPECT_EQ(parse_kernel_version("7.1~rc3-1"), parse_kernel_version("7.1-rc3"));
  EXPECT_EQ(series_of(*parse_kernel_version("6.12.107")), "6.12");
}

TEST(KernelVersion, OtherTextsAreNone) {
  for (const char* text : {"", "six", "6.", "6.x", "6.1.170a", "7.1-rc", "99999999999", ".1", "-1"})
    EXPECT_FALSE(parse_kernel_version(text)) << text;
}

AffectedRange range(std::string introduced, std::string fixed, std::string last) {
  return {.order = VersionOrder::kKernel,
          .affected = true,
          .introduced = std::move(introduced),
          .fixed = std::move(fixed),
          .last = std::move(last)};
}

TEST(KernelVersion, RangesEndWhereTheyAreWritten) {
  const KernelVersion ours = *parse_kernel_version("6.1.170");
  EXPECT_EQ(is_in_range(ours, range("0", "6.1.171", "")), true);
  EXPECT_EQ(is_in_range(ours, range("0", "6.1.170", "")), false);
  EXPECT_EQ(is_in_range(ours, range("6.1.171", "", "6.1.*")), false);
  EXPECT_EQ(is_in_range(ours, range("6.1.160", "", "6.1.*")), true);
  EXPECT_EQ(is_in_range(ours, range("5.15", "", "5.15.*")), false);
  EXPECT_EQ(is_in_range(ours, range("5.15", "", "6.*")), true);
  EXPECT_EQ(is_in_range(ours, range("", "", "")), true);
  EXPECT_EQ(is_in_range(ours, range("6.10", "", "*")), false);
  EXPECT_EQ(is_in_range(ours, range("6.1", "", "6.1.170")), true);
  EXPECT_EQ(is_in_range(ours, range("6.1", "", "6.1.169")), false);
}

TEST(KernelVersion, ARangeThatCannotBeReadSaysNothing) {
  const KernelVersion ours = *parse_kernel_version("6.1.170");
  EXPECT_EQ(is_in_range(ours, range("yesterday", "", "")), std::nullopt);
  EXPECT_EQ(is_in_range(ours, range("0", "tomorrow", "")), std::nullopt);
  EXPECT_EQ(is_in_range(ours, range("0", "", "some.*")), std::nullopt);
  AffectedRange commits = range("0", "", "");
  commits.order = VersionOrder::kGit;
  EXPECT_EQ(is_in_range(ours, commits), std::nullopt);
}

}  // namespace
}  // namespace suture
