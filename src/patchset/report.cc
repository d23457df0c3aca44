// SPDX-License-Identifier: Apache-2.0
#include "patchset/report.h"

#include <array>
#include <utility>

#include "base/json.h"

namespace suture {
namespace {

constexpr std::array<std::pair<HostState, std::string_view>, 5> kStates = {{
    {HostState::kUnpatched, "unpatched"},
    {HostState::kApplied, "applied"},
    {HostState::kReverted, "reverted"},
    {HostState::kFailed, "failed"},
    {HostState::kUnsupported, "unsupported"},
}};

}  // namespace

std::string_view name_of(HostState state) {
  for (const auto& [value, name] : kStates) {
    if (value == state) return name;
  }
  return "failed";
}

Result<HostState> host_state_from_name(std::string_view name) {
  for (const auto& [value, known] : kStates) {
    if (known == name) return value;
  }
  return fail("json.schema", "read the field \"state\"",
              "it is none of unpatched, applied, reverted, failed, unsupported");
}

Json to_json(const HostReport& report) {
  Json error = nullptr;
  if (report.error) error = {{"code", report.error->code}, {"message", report.error->message}};
  Json json{{"format", kReportFormat},
            {"host_id", report.host_id},
            {"hostname", report.hostname},
            {"agent", report.agent},
            {"boot_id", report.boot_id},
            {"uptime_seconds", report.uptime_seconds},
            {"release", report.release},
            {"architecture", report.architecture},
            {"build_id", report.build_id},
            {"state", name_of(report.state)},
            {"level", report.level},
            {"engine", report.engine},
            {"transition", report.transition},
            {"quarantined", report.quarantined},
            {"rollouts", report.rollouts},
            {"channel", report.channel},
            {"cves", report.cves},
            {"changed_at", report.changed_at},
            {"checked_at", report.checked_at},
            {"error", std::move(error)}};
  if (report.modules) json["modules"] = to_json(*report.modules);
  return json;
}

}  // namespace suture
