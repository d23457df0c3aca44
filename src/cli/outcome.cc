// SPDX-License-Identifier: Apache-2.0
#include "cli/outcome.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/json.h"

namespace suture::cli {

void print_error(const Error& error, bool json) {
  if (json) {
    const Json document = {
        {"error", {{"code", error.code}, {"what", error.what}, {"why", error.why}, {"hint", error.hint}}}};
    fmt::print("{}", json_text(document));
  }
  fmt::print(stderr, "suture: {}\n", error.message());
}

}  // namespace suture::cli
