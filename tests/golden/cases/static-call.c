// SPDX-License-Identifier: Apache-2.0
// functions: f
#include "kernel.h"

int f(int a) {
  STATIC_CALL(hook);
#ifdef PATCHED
  a += 9;
#endif
  return foo(a);
}
