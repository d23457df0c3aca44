// SPDX-License-Identifier: Apache-2.0
//
// The part of the API that makes rollouts, steers them, and says why a host has its level.
#pragma once

#include "server/call.h"
#include "server/rollout/rollout.h"

namespace suture::server {

Response list_rollouts(const Call& call);
Response start_rollout(const Call& call);
Response show_rollout(const Call& call);
Response approve_rollout(const Call& call);
Response halt_rollout(const Call& call);
Response resume_rollout(const Call& call);
Response revert_rollout(const Call& call);
Response cancel_rollout(const Call& call);
Response hurry_rollout(const Call& call);
Response explain_host(const Call& call);

/// Who calls, as approvals name people: of "token 3 ci" and "user ci", "ci".
Actor actor_of(const Caller& caller);
/// The clock as rollouts count: whole seconds.
Time time_of(const Call& call);

}  // namespace suture::server
