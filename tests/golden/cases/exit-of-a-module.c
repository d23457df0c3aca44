// SPDX-License-Identifier: Apache-2.0
// object: module
// functions: leave
#include "kernel.h"

void section(".exit.text") leave(void) {
#ifdef PATCHED
  foo(7);
#endif
  bar(1);
}
