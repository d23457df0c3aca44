// SPDX-License-Identifier: Apache-2.0
// What lifting cannot do: a table holds the address, other units may call it.
// functions: f traced
// jumps: f
#include "kernel.h"

notrace int f(int a) {
#ifdef PATCHED
  a += 1;
#endif
  return foo(a) + bar(a);
}
int (*const table[])(int) = {f};
int traced(int a) {
#ifdef PATCHED
  a *= 3;
#endif
  return f(a);
}
