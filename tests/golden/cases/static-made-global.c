// SPDX-License-Identifier: Apache-2.0
// functions: g
// needs: f
#include "kernel.h"

#ifdef PATCHED

#else
static
#endif
noinline int f(int a) {
  return foo(a) + bar(a);
}
int g(int a) {
#ifdef PATCHED
  a += 1;
#endif
  return f(a) + 1;
}
