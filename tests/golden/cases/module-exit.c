// SPDX-License-Identifier: Apache-2.0
// object: module
// functions: cleanup_module
// exits: cleanup_module
#include "kernel.h"

notrace section(".exit.text") static void leave(void) {
#ifdef PATCHED
  foo(7);
#endif
  bar(1);
}
extern void cleanup_module(void) __attribute__((alias("leave")));
