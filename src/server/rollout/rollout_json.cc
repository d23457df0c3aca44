// SPDX-License-Identifier: Apache-2.0
#include "server/rollout/rollout_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/json.h"
#include "server/rollout/course_reader.h"

namespace suture::server {
namespace {

constexpr std::array<std::pair<RolloutState, std::string_view>, 7> kStates{{
    {RolloutState::kWaiting, "waiting"},
    {RolloutState::kRunning, "running"},
    {RolloutState::kSoaking, "soaking"},
    {RolloutState::kHalted, "halted"},
    {RolloutState::kReverted, "reverted"},
    {RolloutState::kFinished, "finished"},
    {RolloutState::kCancelled, "cancelled"},
}};

Json share_json(const std::optional<Share>& share) {
  return share ? Json(static_cast<double>(*share) / 100.0) : Json(nullptr);
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json time_json(const std::optional<Time>& time) {
  return time ? Json(time_text(*time)) : Json(nullptr);
}

Json gates_json(const Gates& gates) {
  Json metrics = Json::array();
  for (const MetricGate& metric : gates.metrics) {
    Json one{{"name", metric.name}, {"url", metric.url}};
    if (!metric.query.empty()) {
      one["query"] = metric.query;
      one["compare"] = metric.compare;
      one["threshold"] = metric.threshold;
    }
    metrics.push_back(std::move(one));
  }
  return {{"min_reports", gates.min_reports},
          {"min_reporting", share_json(gates.min_reporting)},
          {"min_applied", share_json(gates.min_applied)},
          {"max_failed", share_json(gates.max_failed)},
          {"max_stalled", share_json(gates.max_stalled)},
          {"max_reverted", share_json(gates.max_reverted)},
          {"max_silent", share_json(gates.max_silent)},
          {"max_crashed", share_json(gates.max_crashed)},
          {"silent_after", duration_text(gates.silent_after)},
          {"metrics", std::move(metrics)}};
}

Json approvals_json(const Approvals& approvals) {
  return {{"count", approvals.count}, {"from", approvals.from}, {"own", approvals.own}};
}

Json wave_json(const Wave& wave) {
  Json json{{"percent", share_json(wave.hosts.share)},
            {"soak", duration_text(wave.soak)},
            {"deadline", duration_text(wave.deadline)},
            {"approvals", approvals_json(wave.approvals)},
            {"gates", gates_json(wave.gates)}};
  if (!wave.hosts.group.empty()) json["group"] = wave.hosts.group;
  if (!wave.hosts.tag.empty()) json["tag"] = wave.hosts.tag;
  return json;
}

Json course_json(const Course& course) {
  Json waves = Json::array();
  for (const Wave& wave : course.waves) waves.push_back(wave_json(wave));
  return {{"waves", std::move(waves)},
          {"revert_on_failure", course.revert_on_failure},
          {"urgent", approvals_json(course.urgent)}};
}

Json reason_json(const Reason& reason) {
  if (reason.code.empty()) return nullptr;
  return {{"code", reason.code}, {"text", reason.text}};
}

std::optional<Time> stored_time(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_string()) return std::nullopt;
  const auto time = parse_time(found->get<std::string>());
  return time ? std::optional(*time) : std::nullopt;
}

std::unexpected<Error> bad_row(std::string why) {
  return fail("store.unavailable", "read a stored rollout", std::move(why));
}

}  // namespace

std::string_view name_of(RolloutState state) {
  return std::ranges::find(kStates, state, &std::pair<RolloutState, std::string_view>::first)->second;
}

Result<RolloutState> rollout_state_from_name(std::string_view name) {
  const auto* found = std::ranges::find(kStates, name, &std::pair<RolloutState, std::string_view>::second);
  if (found != kStates.end()) return found->first;
  std::string known;
  for (const auto& [state, word] : kStates) known.append(known.empty() ? "" : ", ").append(word);
  return fail("request.parameter", "read a rollout's state", "there is none called that; there are " + known);
}

std::string percent_text(Share share) {
  std::string text = fmt::format("{}.{:02}", share / 100, share % 100);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string duration_text(std::chrono::seconds time) {
  const auto count = time.count();
  if (count != 0 && count % 86'400 == 0) return fmt::format("{}d", count / 86'400);
  if (count != 0 && count % 3'600 == 0) return fmt::format("{}h", count / 3'600);
  if (count != 0 && count % 60 == 0) return fmt::format("{}m", count / 60);
  return fmt::format("{}s", count);
}

Json to_json(const Policy& policy) {
  Json json = course_json(policy.course);
  json["name"] = policy.name;
  json["channel"] = policy.channel;
  json["automatic"] = policy.automatic;
  json["settle"] = duration_text(policy.settle);
  return json;
}

Json to_json(const WaveCounts& counts) {
  return {{"hosts", counts.hosts},     {"reporting", counts.reporting}, {"applied", counts.applied},
          {"failed", counts.failed},   {"stalled", counts.stalled},     {"reverted", counts.reverted},
          {"crashed", counts.crashed}, {"silent", counts.silent}};
}

Json to_json(const Approval& approval) {
  return {{"wave", approval.wave == kUrgentApproval ? Json("urgent") : Json(approval.wave)},
          {"name", approval.name},
          {"who", approval.who},
          {"time", time_text(approval.time)}};
}

Json to_json(const Rollout& rollout) {
  Json json = course_json(rollout.course);
  for (std::size_t i = 0; i < rollout.course.waves.size(); ++i) {
    Json& wave = json["waves"][i];
    const BegunWave* begun = i < rollout.begun.size() ? &rollout.begun[i] : nullptr;
    wave["number"] = i + 1;
    wave["began_at"] = begun ? Json(time_text(begun->began_at)) : Json(nullptr);
    wave["soaking_since"] = begun ? time_json(begun->soaking_since) : Json(nullptr);
    wave["passed_at"] = begun ? time_json(begun->passed_at) : Json(nullptr);
  }
  json["id"] = std::to_string(rollout.id);
  json["channel"] = rollout.channel;
  json["policy"] = text_or_null(rollout.policy);
  json["made_by"] = rollout.made_by;
  json["made_at"] = time_text(rollout.made_at);
  json["state"] = name_of(rollout.state);
  json["is_urgent"] = rollout.urgent;
  json["wave"] = rollout.begun.size();
  json["reason"] = reason_json(rollout.reason);
  json["counts"] = to_json(rollout.counts);
  json["ended_at"] = time_json(rollout.ended_at);
  json["version"] = rollout.version;
  return json;
}

std::string stored_course(const Course& course) {
  return course_json(course).dump();
}

Result<Course> course_from_store(const std::string& text) {
  auto json = parse_json(text, "a stored course");
  if (!json) return bad_row(json.error().why);
  auto course = CourseReader("store.unavailable", "read a stored course").course(*json);
  if (!course) return bad_row(course.error().why);
  return course;
}

std::string stored_progress(const Rollout& rollout) {
  Json begun = Json::array();
  for (const BegunWave& wave : rollout.begun) {
    begun.push_back({{"threshold", wave.threshold},
                     {"began_at", time_text(wave.began_at)},
                     {"soaking_since", time_json(wave.soaking_since)},
                     {"passed_at", time_json(wave.passed_at)}});
  }
  return Json{{"urgent", rollout.urgent},
              {"begun", std::move(begun)},
              {"reason", {rollout.reason.code, rollout.reason.text}},
              {"counts", to_json(rollout.counts)},
              {"ended_at", time_json(rollout.ended_at)}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<void> progress_from_store(const std::string& text, Rollout& rollout) {
  const auto json = parse_json(text, "a stored rollout");
  if (!json || !json->is_object()) return bad_row("its progress is not a JSON object");
  rollout.urgent = json->value("urgent", Json()) == Json(true);
  const Json begun = json->value("begun", Json::array());
  if (!begun.is_array()) return bad_row("its waves are not a list");
  for (const Json& one : begun) {
    const auto began = one.is_object() ? stored_time(one, "began_at") : std::nullopt;
    if (!began || !one.value("threshold", Json()).is_number_unsigned()) return bad_row("a wave is broken");
    rollout.begun.push_back({.threshold = one["threshold"].get<std::uint64_t>(),
                             .began_at = *began,
                             .soaking_since = stored_time(one, "soaking_since"),
                             .passed_at = stored_time(one, "passed_at")});
  }
  if (const Json reason = json->value("reason", Json());
      reason.is_array() && reason.size() == 2 && reason[0].is_string() && reason[1].is_string()) {
    rollout.reason = {reason[0].get<std::string>(), reason[1].get<std::string>()};
  }
  const Json counts = json->value("counts", Json::object());
  const auto count = [&](const char* key) {
    const auto found = counts.find(key);
    return found != counts.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
  };
  if (counts.is_object()) {
    rollout.counts = {count("hosts"),   count("reporting"), count("applied"), count("failed"),
                      count("stalled"), count("reverted"),  count("crashed"), count("silent")};
  }
  rollout.ended_at = stored_time(*json, "ended_at");
  return {};
}

}  // namespace suture::server
