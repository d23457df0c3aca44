// SPDX-License-Identifier: Apache-2.0
//
// umask() has an entry for ftrace. The body of getpriority() has none; a priority of a kind that does not
// exist ends in its first lines. calls.patch changes a number in each, so that one can see whether it is in
// place, and the code between entry and return stays as long as it was.
#include "pause/calls.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <x86intrin.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>

namespace suture::bench {
namespace {

constexpr int kTries = 5;
constexpr int kNoSuchKind = 7;

template <class Call>
int measure(long number, bool patched, Call call) {
  std::uint64_t shortest = ~std::uint64_t{0};
  for (int i = 0; i < kTries; ++i) {
    const std::uint64_t begin = __rdtsc();
    for (long j = 0; j < number; ++j) call();
    shortest = std::min<std::uint64_t>(shortest, __rdtsc() - begin);
  }
  std::printf("%s %.2f\n", patched ? "patched" : "unpatched",
              static_cast<double>(shortest) / static_cast<double>(number));
  return 0;
}

}  // namespace

int calls(std::string_view function, long number) {
  if (number <= 0) return 2;
  if (function == "umask") {
    umask(0777);
    const bool patched = umask(022) != 0777;
    return measure(number, patched, [] { syscall(SYS_umask, 022); });
  }
  if (function == "getpriority") {
    const bool patched = syscall(SYS_getpriority, kNoSuchKind, 0) != 0 && errno != EINVAL;
    return measure(number, patched, [] { syscall(SYS_getpriority, kNoSuchKind, 0); });
  }
  return 2;
}

}  // namespace suture::bench
