// SPDX-License-Identifier: Apache-2.0
//
// How a rollout goes from state to state: by what people say, and by what its gates say. Pure: who writes it
// down, and who is told, is not known here.
#pragma once

#include <vector>

#include "server/rollout/gates.h"
#include "server/rollout/rollout.h"

namespace suture::server {

enum class RolloutCommand { kHalt, kResume, kRevert, kCancel, kUrgent };

std::string_view name_of(RolloutCommand command);

/// "rollout.state" where the rollout's state has no room for it; "rollout.approvals" for one that may not go
/// to everybody yet.
Result<void> obey(Rollout& rollout, RolloutCommand command, const Actor& actor,
                  const std::vector<Approval>& approvals, Time now);

/// The number of the wave that comes next, from 1; it may be beyond the last.
std::int64_t next_wave(const Rollout& rollout);
const Approvals& wanted_approvals(const Rollout& rollout, std::int64_t wave);
/// How many more it needs.
std::size_t missing_approvals(const Rollout& rollout, std::int64_t wave,
                              const std::vector<Approval>& approvals);
/// "rollout.state", "rollout.approver", "rollout.own-approval", "rollout.approved-twice".
Result<void> check_approval(const Rollout& rollout, std::int64_t wave, const Actor& actor,
                            const std::vector<Approval>& approvals);

void begin_wave(Rollout& rollout, std::uint64_t threshold, Time now);
/// What follows from what the gates of a watched rollout say. True: something did.
bool follow(Rollout& rollout, const Judgement& judgement, Time now);
/// Times of a clock that was ahead are no reason to wait for ever: the wave's begin now, and soak anew. True:
/// there were such.
bool follow_clock(Rollout& rollout, Time now);

inline constexpr std::string_view kApprovalWanted = "rollout.approval-wanted";
/// What a waiting rollout waits for; without a code: for the next look at it.
Reason waiting_for(const Rollout& rollout, const std::vector<Approval>& approvals);

}  // namespace suture::server
