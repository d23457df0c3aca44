// SPDX-License-Identifier: Apache-2.0
// functions: f
#include "kernel.h"

extern struct static_key key, other;
int f(int a) {
#ifdef PATCHED
  if (static_branch(&other)) return bar(a);
#else
  if (static_branch(&key)) return bar(a);
#endif
  return foo(a);
}
