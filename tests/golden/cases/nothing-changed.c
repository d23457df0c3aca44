// SPDX-License-Identifier: Apache-2.0
#include "kernel.h"

int f(int a) {
  return foo(a) + 1;  // a comment that moved
}
