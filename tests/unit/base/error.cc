// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>

namespace suture {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return fail("test.odd", "halve " + std::to_string(value), "it is odd", "Take another.");
  return value / 2;
}

Result<int> quarter(int value) {
  return TRY_IN("quarter", half(TRY(half(value))));
}

TEST(Error, TryHandsTheValueOrTheErrorOn) {
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_EQ(quarter(7).error().what, "halve 7");
  EXPECT_EQ(quarter(6).error().what, "quarter: halve 3");
}

TEST(Error, TheMessageSaysAll) {
  EXPECT_EQ(quarter(6).error().message(), "quarter: halve 3: it is odd [test.odd]\nTake another.");
  EXPECT_EQ((Error{.code = {}, .what = {}, .why = "why", .hint = {}}.message()), "why");
}

TEST(Error, TryMovesWhatCannotBeCopied) {
  const auto make = []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(5); };
  const auto use = [&]() -> Result<std::unique_ptr<int>> { return TRY(make()); };
  EXPECT_EQ(**use(), 5);
}

TEST(Error, TheReasonIsTakenFromErrno) {
  errno = ENOSPC;
  EXPECT_EQ(fail_errno("test.full", "write").error().why, "No space left on device");
}

}  // namespace
}  // namespace suture
