// SPDX-License-Identifier: Apache-2.0
// refused: delta.no-ftrace-entry
#include "kernel.h"

static notrace int f(int a) {
#ifdef PATCHED
  a += 1;
#endif
  return foo(a);
}
int (*const table[])(int) = {f};
int g(int a) {
  return f(a);
}
