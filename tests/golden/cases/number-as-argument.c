// SPDX-License-Identifier: Apache-2.0
// functions: f
#include "kernel.h"

void consume(const char* file, int number);
int f(int a) {
#ifdef PATCHED
  consume(__FILE__, 4711);
#else
  consume(__FILE__, 4712);
#endif
  return foo(a);
}
