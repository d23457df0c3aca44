// SPDX-License-Identifier: Apache-2.0
// functions: f
#include "kernel.h"

int counter;
int f(int a) {
  LOCK_INC(counter);
#ifdef PATCHED
  LOCK_INC(counter);
#endif
  return a;
}
