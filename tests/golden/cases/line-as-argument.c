// SPDX-License-Identifier: Apache-2.0
#include "kernel.h"

#ifdef PATCHED

#endif
void __might_sleep(const char* file, int line);
int f(int a) {
  __might_sleep(__FILE__, __LINE__);
  return foo(a);
}
