// SPDX-License-Identifier: Apache-2.0
//
// Metadata expire by the wall clock. One that went back would make old metadata look fresh, which is what
// expiry is there against.
#pragma once

#include <string_view>

#include "base/error.h"
#include "base/time.h"

namespace suture {

/// "agent.clock" when `now` is more than a day before `last`, RFC 3339, the time of the last check that went
/// well; empty: there was none. That one was within the life of signed metadata, so a clock that once ran
/// ahead stops nobody for longer than that.
Result<void> check_clock(Time now, std::string_view last);

}  // namespace suture
