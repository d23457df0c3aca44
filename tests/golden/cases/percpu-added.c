// SPDX-License-Identifier: Apache-2.0
// refused: delta.percpu-added
#include "kernel.h"

#ifdef PATCHED
static section(".data..percpu") int counter = 1;
#endif
int f(int a) {
#ifdef PATCHED
  a += counter++;
#endif
  return foo(a);
}
