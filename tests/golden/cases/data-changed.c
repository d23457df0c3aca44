// SPDX-License-Identifier: Apache-2.0
// refused: delta.data-changed
#include "kernel.h"

#ifdef PATCHED
int limit = 100;
#else
int limit = 1000;
#endif
int f(int a) {
  return foo(a < limit);
}
