// SPDX-License-Identifier: Apache-2.0
// functions: f
#include "kernel.h"

#ifdef PATCHED
section(".text.unlikely")
#endif
    int f(int a) {
#ifdef PATCHED
  a += 1;
#endif
  return foo(a);
}
int g(int a) {
  return bar(a);
}
