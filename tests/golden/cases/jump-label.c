// SPDX-License-Identifier: Apache-2.0
// functions: f
#include "kernel.h"

extern struct static_key key;
int f(int a) {
  if (static_branch(&key)) return bar(a);
#ifdef PATCHED
  a ^= 5;
#endif
  return foo(a);
}
int g(int a) {
  if (static_branch(&key)) return foo(a);
  return bar(a);
}
