// SPDX-License-Identifier: Apache-2.0
// functions: f
// flags: -fjump-tables
#include "kernel.h"

int f(int a) {
  switch (a) {
    case 0:
      return foo(11);
    case 1:
      return bar(12);
    case 2:
      return foo(13) + 1;
    case 3:
      return bar(14) - 1;
#ifdef PATCHED
    case 4:
      return foo(16);
#else
    case 4:
      return bar(15);
#endif
    case 5:
      return foo(16) * 3;
    case 6:
      return bar(17) * 5;
    default:
      return 0;
  }
}
int g(int a) {
  switch (a) {
    case 0:
      return foo(21);
    case 1:
      return bar(22);
    case 2:
      return foo(23) + 1;
    case 3:
      return bar(24) - 1;
    case 4:
      return foo(25) * 7;
    case 5:
      return bar(26) * 9;
    default:
      return 1;
  }
}
