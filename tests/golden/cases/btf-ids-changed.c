// SPDX-License-Identifier: Apache-2.0
// refused: delta.btf-ids-changed
#include "kernel.h"

asm(".pushsection .BTF_ids,\"a\"\n.local __BTF_ID__func__f__1\n__BTF_ID__func__f__1: .zero 4\n"
#ifdef PATCHED
    ".local __BTF_ID__func__g__2\n__BTF_ID__func__g__2: .zero 4\n"
#endif
    ".popsection");
int f(int a) {
#ifdef PATCHED
  a += 1;
#endif
  return foo(a);
}
