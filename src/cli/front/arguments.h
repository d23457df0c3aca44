// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>

#include "cli/run_delta.h"

namespace suture::cli {

struct DeltaRequest {
  DeltaArguments arguments;
  bool json = false;
};

/// `words` is what stands behind the program's name. Nothing unless they are `delta` with two objects and
/// options that are whole words, each with its value behind it, as scripts write them. Whatever is left out,
/// shortened, joined with "=", given twice or wrong is for the real parser, which can also say why.
std::optional<DeltaRequest> plain_delta_request(std::span<char* const> words);

}  // namespace suture::cli
