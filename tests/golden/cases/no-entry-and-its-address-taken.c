// SPDX-License-Identifier: Apache-2.0
// refused: delta.no-ftrace-entry
#include "kernel.h"

static noinline notrace int f(int a) {
#ifdef PATCHED
  a += 1;
#endif
  return foo(a);
}
int (*keep)(int);
int g(int a) {
  keep = f;
  return f(a);
}
