// SPDX-License-Identifier: Apache-2.0
// functions: first second
// lifted: inner outer
#include "kernel.h"

static noinline notrace int inner(int a) {
#ifdef PATCHED
  if (a < 0) return -22;
#endif
  return foo(a) + bar(a);
}
static noinline notrace int outer(int a) {
  return inner(a) * 3 + foo(a);
}
int first(int a) {
  return outer(a) + 1;
}
int second(int a) {
  return outer(a) + inner(a);
}
