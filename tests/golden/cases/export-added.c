// SPDX-License-Identifier: Apache-2.0
// functions: f
// note: delta.export-left-out
#include "kernel.h"

int f(int a) {
#ifdef PATCHED
  a += 1;
#endif
  return foo(a);
}
#ifdef PATCHED
EXPORT_SYMBOL(f);
#endif
