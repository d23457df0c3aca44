// SPDX-License-Identifier: Apache-2.0
// functions: f
#include "kernel.h"

__attribute__((weak)) int f(int a) {
#ifdef PATCHED
  if (!a) return 0;
#endif
  return foo(a);
}
