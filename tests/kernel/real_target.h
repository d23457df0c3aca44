// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "target/store.h"

namespace suture::test {

/// The kernel of scripts/versions.sh, which tests/data/fixes are for; the store may hold others.
inline Result<Target> real_target() {
  const char* store = std::getenv("SUTURE_STORE");
  if (store == nullptr) {
    return fail("test.no-store", "find the target store", "SUTURE_STORE is not set",
                "Run `scripts/test.sh kernel`.");
  }
  return TargetStore(store).find("debian:" SUTURE_TEST_RELEASE);
}

/// With that kernel, and a folder that goes away.
class OnRealTarget : public testing::Test {
 protected:
  void SetUp() override {
    auto target = real_target();
    ASSERT_TRUE(target.has_value()) << target.error().message();
    target_ = std::move(*target);
    auto folder = TempDir::make("suture-test");
    ASSERT_TRUE(folder.has_value());
    folder_.emplace(std::move(*folder));
  }

  Target target_;
  std::optional<TempDir> folder_;
};

}  // namespace suture::test
