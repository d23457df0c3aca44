// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string_view>

#include "base/error.h"

namespace suture {

/// "90s", "15m", "4h", "2d". "agent.config" for anything else.
Result<std::chrono::seconds> parse_duration(std::string_view text);

}  // namespace suture
