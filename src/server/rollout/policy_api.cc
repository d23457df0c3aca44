// SPDX-License-Identifier: Apache-2.0
#include "server/rollout/policy_api.h"

#include "base/json.h"
#include "server/parameters.h"
#include "server/rollout/rollout_api.h"
#include "server/rollout/rollouts.h"

namespace suture::server {
namespace {

Response no_such_policy() {
  return error_response(404, "policy.unknown", "there is no policy of this name");
}

}  // namespace

Response list_policies(const Call& call) {
  if (call.services.rollouts == nullptr) return no_path();
  return answer([&]() -> Result<Json> {
    TRY(only_parameters(call.target, {}));
    Json policies = Json::array();
    for (const Policy& policy : TRY(call.services.rollouts->store().policies())) {
      policies.push_back(to_json(policy));
    }
    return Json{{"policies", std::move(policies)}};
  }());
}

Response show_policy(const Call& call) {
  if (call.services.rollouts == nullptr) return no_path();
  const auto policy = call.services.rollouts->store().policy(call.id);
  if (!policy) return response_for(policy.error());
  return *policy ? json_response(200, to_json(**policy)) : no_such_policy();
}

Response put_policy(const Call& call) {
  if (call.services.rollouts == nullptr) return no_path();
  if (auto refusal = refuse_media_type(call.request, "a policy")) return *std::move(refusal);
  Rollouts& rollouts = *call.services.rollouts;
  return answer([&]() -> Result<Json> {
    const auto policy = TRY(parse_policy(call.request.body, call.id));
    TRY(rollouts.sources().check(policy.course));
    const auto levels = TRY(rollouts.repository_levels_now(policy.channel));
    TRY(rollouts.store().put_policy(policy, levels, actor_of(call.caller), time_of(call)));
    TRY(rollouts.refresh());
    return to_json(policy);
  }());
}

Response remove_policy(const Call& call) {
  if (call.services.rollouts == nullptr) return no_path();
  Rollouts& rollouts = *call.services.rollouts;
  const auto removed = rollouts.store().remove_policy(call.id, actor_of(call.caller), time_of(call));
  if (!removed) return response_for(removed.error());
  if (!*removed) return no_such_policy();
  if (const auto fresh = rollouts.refresh(); !fresh) return response_for(fresh.error());
  return json_response(200, {{"removed", true}});
}

}  // namespace suture::server
