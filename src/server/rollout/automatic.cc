// SPDX-License-Identifier: Apache-2.0
#include "server/rollout/automatic.h"

#include <spdlog/spdlog.h>

#include "base/json.h"

namespace suture::server {

Result<bool> Automatic::look(Time now) {
  std::string word = parts_.word();
  // A clock that went back must not make anybody wait for it.
  if (word != seen_ || since_ > now) {
    seen_ = std::move(word);
    since_ = now;
  }
  if (seen_.empty()) return false;
  bool made = false;
  for (const Policy& policy : TRY(parts_.rollouts.policies())) {
    if (!policy.automatic || now - since_ < policy.settle) continue;
    std::string done = seen_ + to_json(policy).dump();
    if (done_[policy.name] == done) continue;
    const bool one = TRY(make(policy, now));
    made = made || one;
    done_[policy.name] = std::move(done);
  }
  return made;
}

Result<bool> Automatic::make(const Policy& policy, Time now) {
  const RolloutOrder order{.channel = policy.channel,
                           .policy = policy.name,
                           .course = policy.course,
                           .automatic = true,
                           .levels = TRY(parts_.levels(policy.channel))};
  const auto rollout = TRY(parts_.rollouts.make(order, {"policy " + policy.name, ""}, now));
  if (rollout) spdlog::info("policy {} begins rollout {}", policy.name, rollout->id);
  return rollout.has_value();
}

}  // namespace suture::server
