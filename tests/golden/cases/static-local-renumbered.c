// SPDX-License-Identifier: Apache-2.0
// functions: g
// added: extra
#include "kernel.h"

int f(int a) {
  static int count;
  return foo(a + ++count);
}
int g(int a) {
#ifdef PATCHED
  static int extra = 3;
  a += extra++;
#endif
  return bar(a);
}
int h(int a) {
  static int count;
  return bar(a + ++count);
}
