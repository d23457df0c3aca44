// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace suture::bench {

/// A thread on each processor that looks at the clock again and again, before all others: for how long could
/// it not? "start", "mark": forget what was seen until now. "show": a line for each processor, "CPU LONGEST
/// LOOKS HISTOGRAM…" with the longest time between two looks in nanoseconds, and how many were shorter than
/// 1, 2, 4, … µs. "stop".
int watch(std::string_view verb, const char* path);

}  // namespace suture::bench
