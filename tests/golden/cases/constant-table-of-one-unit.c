// SPDX-License-Identifier: Apache-2.0
// functions: f g
// added:
#include "kernel.h"

#ifdef PATCHED
static const short table[] = {1, 2, 3, 4, 5, 7};
#else
static const short table[] = {1, 2, 3, 4, 5, 6};
#endif
int f(unsigned a) {
  return foo(table[a % 6]);
}
int g(unsigned a) {
  return bar(table[a % 5]);
}
int h(int a) {
  return foo(a);
}
