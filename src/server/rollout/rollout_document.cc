// SPDX-License-Identifier: Apache-2.0
#include "server/rollout/rollout_document.h"

#include "base/json.h"
#include "server/rollout/explain.h"

namespace suture::server {

Result<Json> rollout_document(RolloutStore& store, const Rollout& rollout) {
  const auto approvals = TRY(store.approvals(rollout.id));
  Json json = to_json(rollout);
  json["approvals"] = Json::array();
  for (const Approval& approval : approvals) json["approvals"].push_back(to_json(approval));
  for (std::size_t i = 0; i < rollout.course.waves.size(); ++i) {
    json["waves"][i]["approvals"]["missing"] =
        missing_approvals(rollout, static_cast<std::int64_t>(i) + 1, approvals);
  }
  json["urgent"]["missing"] = missing_approvals(rollout, kUrgentApproval, approvals);
  Json levels = Json::object();
  for (const auto& [build_id, target] : TRY(store.levels(rollout.id))) {
    levels[build_id] = {{"level", target.level}, {"before", target.before}};
  }
  json["levels"] = std::move(levels);
  return json;
}

Result<RolloutOrder> order_of(RolloutStore& store, const NewRollout& wanted) {
  RolloutOrder order{
      .channel = wanted.channel, .policy = wanted.policy, .course = wanted.course, .again = wanted.again};
  if (!wanted.policy.empty()) {
    auto policy = TRY(store.policy(wanted.policy));
    if (!policy) return fail("policy.unknown", "make a rollout", "there is no policy " + wanted.policy);
    order.channel = policy->channel;
    order.course = std::move(policy->course);
  }
  return order;
}

Result<std::optional<Json>> explain_document(Store& fleet, RolloutStore& store, const PlanIndex& index,
                                             std::string_view host_id,
                                             const std::function<Result<TargetLevels>(std::string)>& levels) {
  const auto record = TRY(fleet.host(host_id));
  if (!record) return std::nullopt;
  auto report = parse_host_report(record->report);
  if (!report) return fail("store.unavailable", "read a stored report", report.error().why);
  ExplainedHost host{.report = *std::move(report), .received_at = record->received_at};
  // Without a repository, or with one that is broken, the rest is known all the same.
  if (const auto found = levels(host.report.channel)) {
    const auto level = found->find(host.report.build_id);
    host.published = level == found->end() ? 0 : level->second.level;
  }
  host.reverted = TRY(store.reverted(host.report.channel, host.report.build_id));
  return explanation_json(host, index);
}

}  // namespace suture::server
