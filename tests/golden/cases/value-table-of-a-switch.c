// SPDX-License-Identifier: Apache-2.0
// functions: f
#include "kernel.h"

int f(unsigned a) {
  switch (a) {
    case 0:
      return 110;
    case 1:
      return 7;
#ifdef PATCHED
    case 2:
      return 94;
#else
    case 2:
      return 93;
#endif
    case 3:
      return 12;
    case 4:
      return 1005;
    case 5:
      return 6;
    default:
      return 0;
  }
}
int g(int a) {
  return foo(a);
}
