// SPDX-License-Identifier: Apache-2.0
// functions: f
// added: check
#include "kernel.h"

#ifdef PATCHED
static noinline int check(int a) {
  return bar(a) < 0 ? bar(a + 1) : 0;
}
#endif
int f(int a) {
#ifdef PATCHED
  if (check(a)) return -1;
#endif
  return foo(a);
}
