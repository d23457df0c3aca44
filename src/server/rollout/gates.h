// SPDX-License-Identifier: Apache-2.0
//
// Whether a wave went well enough for the next one, judged from counts alone. What is not known yet is waited
// for, and never passes.
#pragma once

#include <vector>

#include "server/rollout/rollout.h"

namespace suture::server {

enum class Verdict { kPass, kWait, kFail };

struct Judgement {
  Verdict verdict = Verdict::kWait;
  Reason reason{};  ///< empty when all pass
  bool operator==(const Judgement&) const = default;
};

/// How many hosts must have reported before shares mean anything.
std::uint64_t reports_needed(const Gates& gates, std::uint64_t hosts);

/// Too many of something fails at once: of those that reported, when these are enough, and of the whole wave
/// in any case. Too few that applied, or that reported, is waited for.
Judgement judge_counts(const Gates& gates, const WaveCounts& counts);

/// The one that fails, else the first that waits.
Judgement together(const std::vector<Judgement>& judgements);

}  // namespace suture::server
