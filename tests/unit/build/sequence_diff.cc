// SPDX-License-Identifier: Apache-2.0
#include "build/sequence_diff.h"

#include <gtest/gtest.h>

#include <string>

namespace suture {
namespace {

/// Common letters as they are, others as '.'.
std::pair<std::string, std::string> shown(std::string before, std::string after) {
  const CommonParts parts = common_parts(before.size(), after.size(),
                                         [&](std::size_t i, std::size_t j) { return before[i] == after[j]; });
  for (std::size_t i = 0; i < before.size(); ++i) before[i] = parts.before[i] ? before[i] : '.';
  for (std::size_t i = 0; i < after.size(); ++i) after[i] = parts.after[i] ? after[i] : '.';
  return {before, after};
}
using Shown = std::pair<std::string, std::string>;

TEST(SequenceDiff, FindsWhatIsCommon) {
  EXPECT_EQ(shown("abc", "abc"), (Shown{"abc", "abc"}));
  EXPECT_EQ(shown("abcd", "abxd"), (Shown{"ab.d", "ab.d"}));
  EXPECT_EQ(shown("axbyc", "abc"), (Shown{"a.b.c", "abc"}));
  EXPECT_EQ(shown("", "ab"), (Shown{"", ".."}));
}

TEST(SequenceDiff, WhatMovedIsNotCommon) {
  const auto [before, after] = shown("xab", "abx");
  EXPECT_EQ(before, ".ab");
  EXPECT_EQ(after, "ab.");
}

TEST(SequenceDiff, GivesUpOnLongOnes) {
  const std::string before = "x" + std::string(3000, 'a') + "y";
  const std::string after = "z" + std::string(3001, 'a') + "w";
  EXPECT_EQ(shown(before, after).first, std::string(3002, '.'));
}

}  // namespace
}  // namespace suture
