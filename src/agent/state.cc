// SPDX-License-Identifier: Apache-2.0
#include "agent/state.h"

#include "agent/history.h"
#include "agent/log.h"
#include "base/file.h"
#include "base/json.h"

namespace suture {
namespace {

constexpr std::size_t kLimit = 1u << 20;

Result<std::uint32_t> level_field(const Json& json, const char* key) {
  const std::int64_t level = TRY(json_integer(json, key));
  if (level < 0 || level > UINT32_MAX) {
    return fail("agent.state", std::string("read \"") + key + "\"", "it is no level");
  }
  return static_cast<std::uint32_t>(level);
}

Result<std::uint64_t> sequence_field(const Json& json, const char* key) {
  const std::int64_t number = TRY(json_integer(json, key));
  if (number < 0) return fail("agent.state", std::string("read \"") + key + "\"", "it is below 0");
  return static_cast<std::uint64_t>(number);
}

Result<AgentState> state_from_json(const Json& json) {
  AgentState state;
  if (const auto found = json.find("wanted"); found != json.end() && !found->is_null()) {
    state.wanted = TRY(stored_patchset_from_json(*found));
  }
  const auto held = json.find("held");
  if (held == json.end() || !held->is_boolean())
    return fail("agent.state", "read \"held\"", "it is no boolean");
  state.held = held->get<bool>();
  state.applied_boot_id = TRY(json_string(json, "applied_boot_id"));
  state.changed_at = TRY(json_string(json, "changed_at"));
  state.checked_at = TRY(json_string(json, "checked_at"));
  if (const auto found = json.find("error"); found != json.end() && !found->is_null()) {
    state.error = ReportedError{TRY(json_string(*found, "code")), TRY(json_string(*found, "message"))};
  }
  // Earlier agents did not write these.
  if (json.contains("newest")) {
    state.newest = TRY(level_field(json, "newest"));
    state.waits = TRY(json_string(json, "waits"));
  }
  if (const auto found = json.find("unconfirmed"); found != json.end() && !found->is_null()) {
    state.unconfirmed = Unconfirmed{.level = TRY(level_field(*found, "level")),
                                    .module_sha256 = TRY(json_string(*found, "module_sha256")),
                                    .boot_id = TRY(json_string(*found, "boot_id"))};
  }
  if (const auto found = json.find("pinned"); found != json.end() && !found->is_null()) {
    state.pinned = TRY(level_field(json, "pinned"));
  }
  if (const auto found = json.find("plan"); found != json.end() && !found->is_null()) {
    state.plan = TRY(plan_from_json(*found));
  }
  if (json.contains("engine")) state.engine = TRY(json_string(json, "engine"));
  if (json.contains("transitioning")) state.transitioning = TRY(json_string(json, "transitioning"));
  if (const auto found = json.find("watched"); found != json.end() && !found->is_null()) {
    state.watched = Watched{.level = TRY(level_field(*found, "level")),
                            .module_sha256 = TRY(json_string(*found, "module_sha256")),
                            .boot_id = TRY(json_string(*found, "boot_id")),
                            .after = TRY(sequence_field(*found, "after"))};
  }
  if (json.contains("quarantine_reasons")) {
    const Json& reasons = *TRY(json_object(json, "quarantine_reasons"));
    for (const auto& [module, reason] : reasons.items()) {
      state.quarantine_reasons[module] = TRY(json_string(reasons, module.c_str()));
    }
  }
  if (json.contains("quarantined")) {
    const Json& quarantined = *TRY(json_object(json, "quarantined"));
    for (const auto& [module, level] : quarantined.items()) {
      state.quarantined[module] = TRY(level_field(quarantined, module.c_str()));
    }
  }
  return state;
}

}  // namespace

Json to_json(const StoredPatchset& stored) {
  return {{"folder", stored.folder},
          {"build_id", stored.build_id},
          {"module_sha256", stored.module_sha256},
          {"manifest_sha256", stored.manifest_sha256},
          {"level", stored.level},
          {"cves", stored.cves}};
}

Result<StoredPatchset> stored_patchset_from_json(const Json& json) {
  StoredPatchset stored;
  stored.folder = TRY(json_string(json, "folder"));
  stored.build_id = TRY(json_string(json, "build_id"));
  stored.module_sha256 = TRY(json_string(json, "module_sha256"));
  stored.manifest_sha256 = TRY(json_string(json, "manifest_sha256"));
  const std::int64_t level = TRY(json_integer(json, "level"));
  if (level < 1 || level > UINT32_MAX || stored.folder.empty() ||
      stored.folder.find('/') != std::string::npos || stored.folder.front() == '.') {
    return fail("agent.state", "read the wanted patchset", "its level or folder is impossible");
  }
  stored.level = static_cast<std::uint32_t>(level);
  for (const Json& cve : *TRY(json_array(json, "cves"))) {
    if (!cve.is_string()) return fail("agent.state", "read the wanted patchset", "a CVE is not a string");
    stored.cves.push_back(cve.get<std::string>());
  }
  return stored;
}

Result<AgentState> read_state(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error) && !error) return AgentState{};
  const Json json = TRY(parse_json(TRY(read_text_file(file, kLimit)), file.string()));
  if (!json.is_object()) return fail("agent.state", "read " + file.string(), "it is not a JSON object");
  return TRY_IN("read " + file.string(), state_from_json(json));
}

Result<void> write_state(const std::filesystem::path& file, const AgentState& state) {
  Json json = {{"held", state.held},
               {"applied_boot_id", state.applied_boot_id},
               {"changed_at", state.changed_at},
               {"checked_at", state.checked_at},
               {"newest", state.newest},
               {"waits", state.waits},
               {"unconfirmed", nullptr},
               {"quarantined", state.quarantined},
               {"quarantine_reasons", state.quarantine_reasons},
               {"wanted", nullptr},
               {"error", nullptr}};
  if (state.wanted) json["wanted"] = to_json(*state.wanted);
  if (state.pinned) json["pinned"] = *state.pinned;
  if (state.plan) json["plan"] = to_json(*state.plan);
  if (!state.engine.empty()) json["engine"] = state.engine;
  if (!state.transitioning.empty()) json["transitioning"] = state.transitioning;
  if (const auto& watched = state.watched) {
    json["watched"] = {{"level", watched->level},
                       {"module_sha256", watched->module_sha256},
                       {"boot_id", watched->boot_id},
                       {"after", watched->after}};
  }
  if (const auto& fresh = state.unconfirmed) {
    json["unconfirmed"] = {
        {"level", fresh->level}, {"module_sha256", fresh->module_sha256}, {"boot_id", fresh->boot_id}};
  }
  if (state.error) json["error"] = {{"code", state.error->code}, {"message", state.error->message}};
  // The history is for people: that it cannot be written stops nothing.
  const AgentState before = read_state(file).value_or(AgentState{});
  if (const auto kept = append_history(file.parent_path(), events_between(before, state)); !kept)
    log_warning(kept.error().message());
  return write_file(file, json_text(json), 0644);
}

}  // namespace suture
