// SPDX-License-Identifier: Apache-2.0
// functions: inner
// jumps: inner
// note: delta.jump-at-entry
#include "kernel.h"

static noinline notrace int inner(int a) {
#ifdef PATCHED
  if (a < 0) return -22;
#endif
  return foo(a) + bar(a);
}
int first(int a) {
  return inner(a) + 1;
}
