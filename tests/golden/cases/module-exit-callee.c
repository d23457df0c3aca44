// SPDX-License-Identifier: Apache-2.0
// object: module
// functions: cleanup_module
// exits: cleanup_module
// lifted: tidy
#include "kernel.h"

static noinline notrace section(".exit.text") void tidy(void) {
#ifdef PATCHED
  foo(7);
#endif
  bar(1);
}
notrace section(".exit.text") void cleanup_module(void) {
  tidy();
  bar(2);
}
