// SPDX-License-Identifier: Apache-2.0
// functions: f
#include "kernel.h"

asm(".section .text.helper,\"axG\",@progbits,helper,comdat\n.globl helper\n.type helper,@function\n"
    "helper: call __fentry__\n ret\n.size helper, . - helper\n.text");
int helper(int);
int f(int a) {
#ifdef PATCHED
  a += 1;
#endif
  return helper(a);
}
