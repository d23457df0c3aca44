// SPDX-License-Identifier: Apache-2.0
// functions: f
#include "kernel.h"

/* As _static_cpu_has(): a jump to code which tests a bit, until the jump itself is rewritten. */
static always_inline int has_feature(const int bit) {
  asm goto(
      "1: jmp 6f\n2:\n"
      ".pushsection .altinstructions,\"a\"\n"
      " .long 1b - .\n .long 4f - .\n .word %c0\n .byte 2b - 1b\n .byte 0\n"
      ".popsection\n"
      ".pushsection .altinstr_replacement,\"ax\"\n4:\n.popsection\n"
      ".pushsection .altinstr_aux,\"ax\"\n"
      "6: testb $1, features + %c0\n jnz %l[yes]\n jmp %l[no]\n"
      ".popsection" ::"i"(bit)::yes,
      no);
yes:
  return 1;
no:
  return 0;
}
int f(int a) {
#ifdef PATCHED
  if (has_feature(3)) a += 5;
#endif
  if (has_feature(7)) return bar(a);
  return foo(a);
}
int g(int a) {
  if (has_feature(9)) return foo(a);
  return bar(a);
}
