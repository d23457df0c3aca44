// SPDX-License-Identifier: Apache-2.0
// functions: f
// added: fresh table zeroed
#include "kernel.h"

#ifdef PATCHED
static int fresh = 7;
static int zeroed;
static const int table[] = {3, 1, 4, 1, 5};
#endif
int f(int a) {
#ifdef PATCHED
  fresh += a;
  zeroed -= a;
  return foo(table[a % 5] + fresh + zeroed);
#endif
  return foo(a);
}
