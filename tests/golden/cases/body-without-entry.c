// SPDX-License-Identifier: Apache-2.0
// functions: entry
// added:
// lifted: body
#include "kernel.h"

static noinline notrace int body(int a) {
#ifdef PATCHED
  if (a < 0) return -22;
#endif
  return foo(a) + bar(a);
}
int entry(int a) {
  return body(a) + 1;
}
int other(int a) {
  return bar(a);
}
