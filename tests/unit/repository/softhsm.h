// SPDX-License-Identifier: Apache-2.0
//
// SoftHSM 2.6.1 leaks the public point that it decodes for each signature, in its C_SignInit(). While such an
// object lives, the leak checker of sanitized builds looks away.
#pragma once

// gcc says so with a macro, clang with a feature.
#if defined(__SANITIZE_ADDRESS__)
#define SUTURE_LEAKS_ARE_CHECKED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SUTURE_LEAKS_ARE_CHECKED
#endif
#endif

#ifdef SUTURE_LEAKS_ARE_CHECKED
#include <sanitizer/lsan_interface.h>
#endif

namespace suture::test {

class SoftHsmLeaks {
 public:
  SoftHsmLeaks() {}
  ~SoftHsmLeaks() {}
  SoftHsmLeaks(const SoftHsmLeaks&) = delete;
  SoftHsmLeaks& operator=(const SoftHsmLeaks&) = delete;

 private:
#ifdef SUTURE_LEAKS_ARE_CHECKED
  __lsan::ScopedDisabler looks_away_;
#endif
};

}  // namespace suture::test
