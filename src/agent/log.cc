// SPDX-License-Identifier: Apache-2.0
#include "agent/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace suture {
namespace {

void log_line(int priority, std::string_view text) {
  static const bool journal = std::getenv("JOURNAL_STREAM") != nullptr;
  std::string line(text);
  // One entry a line: an error's hint stands on a line of its own.
  std::ranges::replace(line, '\n', ' ');
  fmt::print(stderr, "{}{}\n", journal ? fmt::format("<{}>", priority) : "sutured: ", line);
}

}  // namespace

void log_info(std::string_view text) {
  log_line(6, text);
}

void log_warning(std::string_view text) {
  log_line(4, text);
}

void log_step(Step step) {
  log_info(name_of(step));
}

}  // namespace suture
