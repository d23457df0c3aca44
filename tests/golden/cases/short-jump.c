// SPDX-License-Identifier: Apache-2.0
// A jump of two bytes to another function of the section cannot follow the function into the patch.
// refused: delta.short-jump
#include "kernel.h"

static noinline section(".sched.text") int g(int a) {
  return foo(a) + 3;
}
section(".sched.text") int f(int a) {
#ifdef PATCHED
  a += 17;
#endif
  return g(a);
}
section(".sched.text") int h(int a) {
  return g(a) + 1;
}
