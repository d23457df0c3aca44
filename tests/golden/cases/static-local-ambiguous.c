// SPDX-License-Identifier: Apache-2.0
// refused: delta.ambiguous-static-local
#include "kernel.h"

int f(int a) {
  if (a > 3) {
    static int count;
    a += ++count;
  } else {
    static int count;
    a -= ++count;
  }
#ifdef PATCHED
  if (a == 77) {
    static int count;
    a += ++count * 3;
  }
#endif
  return foo(a);
}
