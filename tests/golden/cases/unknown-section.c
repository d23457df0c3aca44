// SPDX-License-Identifier: Apache-2.0
// refused: delta.unsupported-section
#include "kernel.h"

int f(int a) {
#ifdef PATCHED
  a += 1;
#endif
  return foo(a);
}
#ifdef PATCHED
static section("_ftrace_events") int* event __attribute__((used)) = NULL;
#endif
