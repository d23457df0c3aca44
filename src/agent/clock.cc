// SPDX-License-Identifier: Apache-2.0
#include "agent/clock.h"

#include <string>

namespace suture {

Result<void> check_clock(Time now, std::string_view last) {
  constexpr auto kMostBack = std::chrono::hours(24);
  const auto before = parse_time(last);
  if (!before || now + kMostBack >= *before) return {};
  return fail("agent.clock", "ask the repository",
              "this machine's clock says " + time_text(now) + ", and it asked at " + time_text(*before) +
                  " before: with such a clock, metadata that expired would look fresh",
              "Set the clock (`timedatectl`). If it is right now, `suture update` takes its word.");
}

}  // namespace suture
