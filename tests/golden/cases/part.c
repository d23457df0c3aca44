// SPDX-License-Identifier: Apache-2.0
// functions: slow.part.0
#include "kernel.h"

static int slow(int a) {
  if (a == 0) return 0;
  int sum = 0;
#ifdef PATCHED
  sum = 1;
#endif
  for (int i = 0; i < a; ++i) sum += foo(i) * bar(sum);
  for (int i = 0; i < a; ++i) sum -= bar(i) * foo(sum);
  for (int i = 0; i < a; ++i) sum ^= bar(i) + foo(sum) * bar(-i);
  return sum + printk("%d %d", sum, a);
}
int f(int a) {
  return slow(a) + slow(a + 1);
}
int g(int a) {
  return slow(a) * 3;
}
int h(int a) {
  return slow(a) * 5 + slow(bar(a));
}
