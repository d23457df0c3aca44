// SPDX-License-Identifier: Apache-2.0
#include "kernel.h"

#ifdef PATCHED
int g(int a) {
  return bar(a) * 3;
}
int f(int a) {
  return foo(a) + 1;
}
#else
int f(int a) {
  return foo(a) + 1;
}
int g(int a) {
  return bar(a) * 3;
}
#endif
