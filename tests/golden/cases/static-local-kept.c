// SPDX-License-Identifier: Apache-2.0
// functions: f
#include "kernel.h"

int f(int a) {
  static int count;
#ifdef PATCHED
  if (a < 0) return count;
#endif
  return foo(a + ++count);
}
int h(int a) {
  static int count;
  return bar(a + ++count);
}
