// SPDX-License-Identifier: Apache-2.0
// functions: f
#include "kernel.h"

noinline int f(int a) {
#ifdef PATCHED
  if (a < 0) return -22;
#endif
  return foo(a) + 1;
}
int g(int a) {
  return f(a) + bar(a);
}
