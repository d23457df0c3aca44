// SPDX-License-Identifier: Apache-2.0
// refused: delta.init-changed
#include "kernel.h"

int __init f(void) {
#ifdef PATCHED
  foo(3);
#endif
  return bar(1);
}
