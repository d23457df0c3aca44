// SPDX-License-Identifier: Apache-2.0
// functions: f
#include "kernel.h"

void __attribute__((cold)) complain(int);
int f(int a) {
  int b = foo(a);
  if (unlikely(b < 0)) {
#ifdef PATCHED
    complain(b + 1);
#else
    complain(b);
#endif
    complain(b * 5);
    complain(b * 7);
    complain(a);
    return bar(b);
  }
  return b;
}
