// SPDX-License-Identifier: Apache-2.0
#include "cli/outcome.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/error_json.h"
#include "base/json.h"

namespace suture::cli {

void print_error(const Error& error, bool json) {
  if (json) {
    fmt::print("{}", json_text(Json{{"error", to_json(error)}}));
  }
  fmt::print(stderr, "suture: {}\n", error.message());
}

}  // namespace suture::cli
