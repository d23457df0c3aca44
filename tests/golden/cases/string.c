// SPDX-License-Identifier: Apache-2.0
// functions: f
#include "kernel.h"

int f(int a) {
  return printk(
#ifdef PATCHED
      "new %d"
#else
      "old %d"
#endif
      ,
      a);
}
int g(int a) {
  return printk("a message of its own %d", a);
}
