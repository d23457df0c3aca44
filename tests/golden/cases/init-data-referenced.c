// SPDX-License-Identifier: Apache-2.0
// refused: delta.init-referenced
#include "kernel.h"

int once __initdata = 3;
int f(int a) {
#ifdef PATCHED
  a += once;
#endif
  return foo(a);
}
