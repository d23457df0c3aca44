// SPDX-License-Identifier: Apache-2.0
// refused: delta.data-changed
#include "kernel.h"

#ifdef PATCHED
const short table[] = {1, 2, 3, 4, 5, 7};
#else
const short table[] = {1, 2, 3, 4, 5, 6};
#endif
int f(unsigned a) {
  return foo(table[a % 6]);
}
