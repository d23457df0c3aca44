// SPDX-License-Identifier: Apache-2.0
// functions: f
// note: delta.exit-left-out
#include "kernel.h"

void section(".exit.text") leave(void) {
#ifdef PATCHED
  foo(7);
#endif
  bar(1);
}
int f(int a) {
#ifdef PATCHED
  a += 1;
#endif
  return foo(a);
}
