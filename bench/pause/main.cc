// SPDX-License-Identifier: Apache-2.0
//
// bench_pause: in the virtual machine of bench/pause.sh, who watches, who sleeps and who works while the
// kernel is patched.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "pause/calls.h"
#include "pause/load.h"
#include "pause/sleepers.h"
#include "pause/watch.h"
#include "pause/yield.h"

int main(int argc, char** argv) {
  using namespace suture::bench;
  const std::string_view what = argc > 3 ? argv[1] : "";
  if (what == "watch" && argc == 4) return watch(argv[2], argv[3]);
  if (what == "load" && argc == 4) return load(argv[2], argv[3]);
  if (what == "yield" && argc == 4) return yield(argv[2], argv[3]);
  if (what == "sleepers") {
    return sleepers(argv[2], argv[3], argc > 4 ? static_cast<unsigned>(std::atoi(argv[4])) : 0);
  }
  if (what == "calls" && argc == 4) return calls(argv[2], std::atol(argv[3]));
  std::fputs(
      "usage: bench_pause watch start|mark|show|stop FILE\n"
      "       bench_pause sleepers start|stop FILE [NUMBER]\n"
      "       bench_pause load start|show|stop FILE\n"
      "       bench_pause yield start|stop FILE\n"
      "       bench_pause calls FUNCTION NUMBER\n",
      stderr);
  return 2;
}
