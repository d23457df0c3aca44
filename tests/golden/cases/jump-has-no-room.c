// SPDX-License-Identifier: Apache-2.0
// Of four bytes, so its caller is replaced.
// functions: caller
// jumps: none
// lifted: tiny
#include "kernel.h"

static noinline notrace int tiny(int a) {
#ifdef PATCHED
  return a * 2 + 1;
#else
  return a;
#endif
}
int caller(int a) {
  return tiny(a) + foo(a);
}
