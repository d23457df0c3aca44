// SPDX-License-Identifier: Apache-2.0
// functions: f
#include "kernel.h"

#ifdef PATCHED

#else
static int limit = 1000;
#endif
int f(int a) {
#ifdef PATCHED
  return foo(a < 100);
#else
  return foo(a < limit++);
#endif
}
