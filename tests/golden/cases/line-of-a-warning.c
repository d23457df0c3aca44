// SPDX-License-Identifier: Apache-2.0
#include "kernel.h"

#ifdef PATCHED

#endif
int f(int a) {
  if (a) WARN();
  return foo(a);
}
