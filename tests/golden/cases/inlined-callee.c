// SPDX-License-Identifier: Apache-2.0
// functions: f g
#include "kernel.h"

static always_inline int limit(int a) {
#ifdef PATCHED
  return a > 100 ? 100 : a;
#else
  return a > 1000 ? 1000 : a;
#endif
}
int f(int a) {
  return foo(limit(a));
}
int g(int a) {
  return bar(limit(a));
}
int h(int a) {
  return foo(bar(a));
}
