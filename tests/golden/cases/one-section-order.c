// SPDX-License-Identifier: Apache-2.0
// Distances in a section change with what lies between, which changes nothing.
// functions: between
#include "kernel.h"

static noinline section(".sched.text") int g(int a) {
  return foo(a) + 3;
}
section(".sched.text") int between(int a) {
#ifdef PATCHED
  a = bar(a) + bar(a + 1);
#endif
  return foo(a) * 3;
}
section(".sched.text") int f(int a) {
  return g(a) + bar(a);
}
