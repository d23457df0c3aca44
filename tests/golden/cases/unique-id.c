// SPDX-License-Identifier: Apache-2.0
// functions: f
#include "kernel.h"

static int UNIQUE(first) __attribute__((used)) = 1;
#ifdef PATCHED
static int UNIQUE(another) __attribute__((used)) = 1;
#endif
static int UNIQUE(second) __attribute__((used)) = 2;
int f(int a) {
#ifdef PATCHED
  a += 1;
#endif
  return foo(a);
}
