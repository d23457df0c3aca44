// SPDX-License-Identifier: Apache-2.0
// functions: f g
// needs: g
#include "kernel.h"

int g(int a);
int (*handler)(int);
int f(int a) {
#ifdef PATCHED
  if (handler == g) return 1;
#else
  if (handler != g) return 1;
#endif
  return foo(a);
}
int g(int a) {
#ifdef PATCHED
  a += 2;
#endif
  return bar(a);
}
