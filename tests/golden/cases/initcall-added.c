// SPDX-License-Identifier: Apache-2.0
// refused: delta.init-changed
#include "kernel.h"

int g(int a) {
#ifdef PATCHED
  a += 1;
#endif
  return foo(a);
}
#ifdef PATCHED
static int __init f(void) {
  return bar(1);
}
initcall(f);
#endif
