// SPDX-License-Identifier: Apache-2.0
// functions: f
#include "kernel.h"

#define LOAD(kind)                                                       \
  asm volatile(                                                          \
      "1: mov (%1), %0\n2:\n.pushsection __ex_table,\"a\"\n .balign 4\n" \
      " .long 1b - .\n .long 2b - .\n .long " #kind "\n.popsection"      \
      : "=r"(value)                                                      \
      : "r"(user))
int f(int* user) {
  int value;
#ifdef PATCHED
  LOAD(7);
#else
  LOAD(3);
#endif
  return value;
}
