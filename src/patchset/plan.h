// SPDX-License-Identifier: Apache-2.0
//
// What a server wants a host to have, as its rollouts stand: the answer to a report. The server writes it,
// the agent reads it from hands that it does not trust with more than to keep a fix away.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json_fwd.h"

namespace suture {

/// Levels are of the host's own target and channel.
struct Plan {
  std::uint32_t level = 0;  ///< the highest that the host may have; a higher one is left. 0: none
  bool urgent = false;      ///< at once, whatever window the host has for installing
  std::string rollout{};    ///< its id; empty: no rollout, as for a host that is kept where it is
  std::string reason{};     ///< for people: "wave 2 of 4"
  bool operator==(const Plan&) const = default;
};

/// More are no rollout's: bytes in its id and in the reason.
inline constexpr std::size_t kLongestRollout = 64;
inline constexpr std::size_t kLongestReason = 512;
/// A server's answer to a report is small; a longer one is refused before it is parsed.
inline constexpr std::size_t kReportAnswerLimit = 16u << 10;

Json to_json(const Plan& plan);
/// Checks every field's form, length and range; "plan.schema" names the one that is wrong. The id is of
/// printable ASCII without spaces, and the reason has no control characters. Fields that are not known are
/// passed over.
Result<Plan> plan_from_json(const Json& json);
Result<Plan> parse_plan(std::string_view text);

/// "level 3 at most: wave 2 of 4 (rollout 12)", for people.
std::string text_of(const Plan& plan);

/// Out of the server's answer to a report, `{"accepted": true, "plan": {…}}`. Nothing: no rollout steers this
/// host.
Result<std::optional<Plan>> parse_answered_plan(std::string_view answer);

}  // namespace suture
