// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace suture::bench {

/// Work at a bounded rate, on all processors: two processes that pass a byte to and fro, one that calls the
/// kernel, one whose children come and go. "start", "show": how much was done, "SWITCHES CALLS FORKS".
/// "stop".
int load(std::string_view verb, const char* path);

}  // namespace suture::bench
