// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>

#include "base/error.h"
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

}  // namespace suture::test
