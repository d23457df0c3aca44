// SPDX-License-Identifier: Apache-2.0
// functions: work.constprop.0
#include "kernel.h"

static noinline int work(int a, int mode) {
  int sum = mode;
#ifdef PATCHED
  sum = mode * 3 + 1;
#endif
  for (int i = 0; i < a; ++i) sum += foo(i) * bar(sum) + mode;
  return sum;
}
int f(int a) {
  return work(a, 5) + 1;
}
int g(int a) {
  return work(a, 5) + 2;
}
