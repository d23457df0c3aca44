// SPDX-License-Identifier: Apache-2.0
//
// Points in time as documents name them: RFC 3339 in UTC, whole seconds.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/error.h"

namespace suture {

using Time = std::chrono::sys_seconds;

/// The wall clock, which people may set.
Time wall_clock();
/// "2026-11-24T10:00:00Z"
std::string time_text(Time time);
/// That very form only; "time.malformed".
Result<Time> parse_time(std::string_view text);

}  // namespace suture
