// SPDX-License-Identifier: Apache-2.0
// functions: f
#include "kernel.h"

int f(int a) {
#ifdef PATCHED
  if (a) WARN();
#endif
  return foo(a);
}
int g(int a) {
  if (a > 3) WARN();
  return bar(a);
}
