// SPDX-License-Identifier: Apache-2.0
// The assembler itself fills in a call from one function to another of the same section.
// functions: f
// needs: g
#include "kernel.h"

static noinline section(".sched.text") int g(int a) {
  return foo(a) + 3;
}
section(".sched.text") int f(int a) {
#ifdef PATCHED
  a += 17;
#endif
  return g(a) + bar(a);
}
section(".sched.text") int h(int a) {
  return g(a) + 1;
}
