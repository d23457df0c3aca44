// SPDX-License-Identifier: Apache-2.0
#include "server/rollout/rollout_api.h"

#include "base/json.h"
#include "server/fleet/host_api.h"
#include "server/parameters.h"
#include "server/rollout/course_reader.h"
#include "server/rollout/rollout_document.h"
#include "server/rollout/rollouts.h"

namespace suture::server {
namespace {

Response no_such_rollout() {
  return error_response(404, "rollout.unknown", "there is no rollout of this number");
}

/// 0, which no rollout has, for what is no number.
std::int64_t rollout_id(std::string_view text) {
  return number_of_path(text).value_or(0);
}

Result<RolloutQuery> rollout_query(const Target& target) {
  TRY(only_parameters(target, {"channel", "state", "limit", "after"}));
  RolloutQuery query;
  query.limit = static_cast<std::uint32_t>(TRY(number_parameter(target, "limit", kPerPage, kMostPerPage)));
  query.before = TRY(number_parameter(target, "after", INT64_MAX, INT64_MAX));
  if (const auto state = target.query.find("state"); state != target.query.end()) {
    query.state = TRY(rollout_state_from_name(state->second));
  }
  if (const auto channel = target.query.find("channel"); channel != target.query.end()) {
    if (!is_plain_name(channel->second)) return bad_parameter("channel", "it is not a channel's name");
    query.channel = channel->second;
  }
  return query;
}

/// What was changed is steered by at once on this server, and within a second on others.
Response changed(const Call& call, const Result<std::optional<Rollout>>& rollout, int status = 200) {
  if (!rollout) return response_for(rollout.error());
  if (!*rollout) return no_such_rollout();
  Rollouts& rollouts = *call.services.rollouts;
  if (const auto fresh = rollouts.refresh(); !fresh) return response_for(fresh.error());
  const auto document = rollout_document(rollouts.store(), **rollout);
  return document ? json_response(status, *document) : response_for(document.error());
}

Response command(const Call& call, RolloutCommand wanted) {
  if (call.services.rollouts == nullptr) return no_path();
  return changed(call, call.services.rollouts->store().command(rollout_id(call.id), wanted,
                                                               actor_of(call.caller), time_of(call)));
}

}  // namespace

Actor actor_of(const Caller& caller) {
  const std::string& who = caller.name;
  return {.who = who, .name = who.substr(who.rfind(' ') + 1)};
}

Time time_of(const Call& call) {
  return std::chrono::floor<std::chrono::seconds>(call.now);
}

Response list_rollouts(const Call& call) {
  const auto query = rollout_query(call.target);
  if (!query) return response_for(query.error());
  if (call.services.rollouts == nullptr) return no_path();
  return answer([&]() -> Result<Json> {
    const auto page = TRY(call.services.rollouts->store().rollouts(*query));
    Json rollouts = Json::array();
    for (const Rollout& rollout : page.items) rollouts.push_back(to_json(rollout));
    Json next = nullptr;
    if (page.more) next = page.items.back().id;
    return Json{{"rollouts", std::move(rollouts)}, {"next", std::move(next)}};
  }());
}

Response show_rollout(const Call& call) {
  if (call.services.rollouts == nullptr) return no_path();
  RolloutStore& store = call.services.rollouts->store();
  const auto rollout = store.rollout(rollout_id(call.id));
  if (!rollout) return response_for(rollout.error());
  return *rollout ? answer(rollout_document(store, **rollout)) : no_such_rollout();
}

Response start_rollout(const Call& call) {
  if (call.services.rollouts == nullptr) return no_path();
  if (auto refusal = refuse_media_type(call.request, "a rollout")) return *std::move(refusal);
  Rollouts& rollouts = *call.services.rollouts;
  const auto made = [&]() -> Result<std::optional<Rollout>> {
    const auto wanted = TRY(parse_new_rollout(call.request.body));
    auto order = TRY(order_of(rollouts.store(), wanted));
    TRY(rollouts.sources().check(order.course));
    order.levels = TRY(rollouts.repository_levels_now(order.channel));
    return rollouts.store().make(order, actor_of(call.caller), time_of(call));
  }();
  return changed(call, made, 201);
}

Response approve_rollout(const Call& call) {
  if (call.services.rollouts == nullptr) return no_path();
  const auto urgent = parse_approval(call.request.body);
  if (!urgent) return response_for(urgent.error());
  return changed(call, call.services.rollouts->store().approve(rollout_id(call.id), *urgent,
                                                               actor_of(call.caller), time_of(call)));
}

Response halt_rollout(const Call& call) {
  return command(call, RolloutCommand::kHalt);
}

Response resume_rollout(const Call& call) {
  return command(call, RolloutCommand::kResume);
}

Response revert_rollout(const Call& call) {
  return command(call, RolloutCommand::kRevert);
}

Response cancel_rollout(const Call& call) {
  return command(call, RolloutCommand::kCancel);
}

Response hurry_rollout(const Call& call) {
  return command(call, RolloutCommand::kUrgent);
}

Response explain_host(const Call& call) {
  if (call.services.rollouts == nullptr) return no_path();
  if (!is_host_id(call.id)) return no_host();
  Rollouts& rollouts = *call.services.rollouts;
  const auto document =
      explain_document(call.services.store, rollouts.store(), *rollouts.index(), call.id,
                       [&](const std::string& channel) { return rollouts.repository_levels(channel); });
  if (!document) return response_for(document.error());
  return *document ? json_response(200, **document) : no_host();
}

}  // namespace suture::server
