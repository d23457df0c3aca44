// SPDX-License-Identifier: Apache-2.0
// functions: f
#include "kernel.h"

int f(int a) {
  ALTERNATIVE("nop; nop; nop", "lfence", 77);
#ifdef PATCHED
  a += 3;
#endif
  return foo(a);
}
int g(int a) {
  ALTERNATIVE("nop; nop; nop", "mfence", 78);
  return bar(a);
}
