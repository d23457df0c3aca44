// SPDX-License-Identifier: Apache-2.0
// functions: f
#include "kernel.h"

int f(int* user) {
  int value, error = 0;
  LOAD_USER(value, user, error);
#ifdef PATCHED
  LOAD_USER(value, user + 1, error);
#endif
  return error ? error : value;
}
int g(int* user) {
  int value, error = 0;
  LOAD_USER(value, user, error);
  return error + value;
}
