// SPDX-License-Identifier: Apache-2.0
// functions: entry
// lifted: body
#include "kernel.h"

static noinline notrace int body(int a) {
#ifdef PATCHED
  if (a < 0) return -22;
#endif
  return a ? body(foo(a)) + bar(a) * body(a - 1) : 3;
}
int entry(int a) {
  return body(a) + 1;
}
