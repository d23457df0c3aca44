// SPDX-License-Identifier: Apache-2.0
// functions: g
#include "kernel.h"

#ifdef PATCHED
static
#endif
    noinline int
    f(int a) {
  return foo(a) + bar(a);
}
int g(int a) {
#ifdef PATCHED
  a += 1;
#endif
  return f(a) + 1;
}
