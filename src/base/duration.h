// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace suture {

/// "90s", "15m", "4h", "2d", as people write them in settings and options; up to some 27,000 years. Nothing
/// for anything else.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);

}  // namespace suture
