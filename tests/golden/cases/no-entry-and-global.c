// SPDX-License-Identifier: Apache-2.0
// refused: delta.no-ftrace-entry
#include "kernel.h"

notrace int f(int a) {
#ifdef PATCHED
  a += 1;
#endif
  return foo(a);
}
int g(int a) {
  return f(a);
}
