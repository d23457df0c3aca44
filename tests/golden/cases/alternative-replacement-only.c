// SPDX-License-Identifier: Apache-2.0
// functions: f
#include "kernel.h"

int f(int a) {
#ifdef PATCHED
  ALTERNATIVE("nop; nop; nop", "sfence", 77);
#else
  ALTERNATIVE("nop; nop; nop", "lfence", 77);
#endif
  return foo(a);
}
int g(int a) {
  ALTERNATIVE("nop; nop; nop", "mfence", 78);
  return bar(a);
}
