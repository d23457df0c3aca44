// SPDX-License-Identifier: Apache-2.0
//
// bench_pause: in the virtual machine of bench/pause.sh, who watches, who sleeps and who works while the
// kernel is patched.
#include <charconv>
#include <cstdio>
#include <string_view>

#include "pause/calls.h"
#include "pause/load.h"
#include "pause/sleepers.h"
#include "pause/watch.h"
#include "pause/yield.h"

namespace {

/// 0 when it is none.
unsigned number(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? value : 0;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace suture::bench;
  const std::string_view what = argc > 3 ? argv[1] : "";
  if (what == "watch" && argc == 4) return watch(argv[2], argv[3]);
  if (what == "load" && argc == 4) return load(argv[2], argv[3]);
  if (what == "yield" && argc == 4) return yield(argv[2], argv[3]);
  if (what == "sleepers") {
    return sleepers(argv[2], argv[3], argc > 4 ? number(argv[4]) : 0);
  }
  if (what == "calls" && argc == 4) return calls(argv[2], number(argv[3]));
  std::fputs(
      "usage: bench_pause watch start|mark|show|stop FILE\n"
      "       bench_pause sleepers start|stop FILE [NUMBER]\n"
      "       bench_pause load start|show|stop FILE\n"
      "       bench_pause yield start|stop FILE\n"
      "       bench_pause calls FUNCTION NUMBER\n",
      stderr);
  return 2;
}
