// SPDX-License-Identifier: Apache-2.0
#include "scanner/metrics.h"

#include <chrono>
#include <optional>

#include "base/json.h"
#include "base/metrics_text.h"
#include "base/time.h"
#include "patchset/patchset.h"

namespace suture {
namespace {

void add_state(MetricsText& text, HostState state) {
  text.metric("suture_state", "1 for the state that this host is in, 0 for the others.");
  for (const HostState one : {HostState::kUnpatched, HostState::kApplied, HostState::kReverted,
                              HostState::kFailed, HostState::kUnsupported}) {
    text.sample(one == state ? 1 : 0, {{"state", name_of(one)}});
  }
}

void add_engine(MetricsText& text, const std::string& engine) {
  text.metric("suture_engine", "1 for what holds the live patch in the running kernel, 0 for what does not.");
  for (const std::string_view one : {kKlpEngine, kStopMachineEngine})
    text.sample(one == engine ? 1 : 0, {{"engine", one}});
}

}  // namespace

std::int64_t unix_seconds(std::string_view rfc3339) {
  const auto time = parse_time(rfc3339);
  return time ? time->time_since_epoch().count() : 0;
}

std::string metrics_text(const HostMetrics& metrics) {
  const HostReport& report = metrics.report;
  MetricsText text;
  text.one("suture_build_info", "The version of Suture.", 1, {{"version", metrics.version}});
  text.one("suture_kernel_info", "The running kernel.", 1,
           {{"release", report.release},
            {"architecture", report.architecture},
            {"build_id", report.build_id},
            {"channel", report.channel}});
  text.one("suture_level", "Level of the live patch in the running kernel; 0: none.", report.level);
  text.one("suture_newest_level", "Level that the channel had for this host at the last check; 0: none.",
           metrics.newest);
  if (metrics.plan) {
    text.one("suture_plan_level", "Highest level that a rollout lets this host have; absent: none steers it.",
             *metrics.plan);
  }
  add_state(text, report.state);
  add_engine(text, report.engine);
  text.one("suture_transition", "1 while tasks move from one code to the other.", metrics.transition ? 1 : 0);
  text.one("suture_cves_closed", "Vulnerabilities that the applied live patch closes.",
           static_cast<std::int64_t>(report.cves.size()));
  text.one("suture_quarantined_levels", "Levels that only an administrator brings back to this machine.",
           static_cast<std::int64_t>(metrics.quarantined));
  text.one("suture_last_check_timestamp_seconds", "When the repository was asked last; 0: never.",
           unix_seconds(report.checked_at));
  text.one("suture_last_change_timestamp_seconds",
           "When a live patch was applied or taken out last; 0: never.", unix_seconds(report.changed_at));
  text.metric("suture_error", "1 for the reason why the last attempt failed.");
  if (report.error) text.sample(1, {{"code", report.error->code}});
  return text.take();
}

Json to_json(const HostMetrics& metrics) {
  const HostReport& report = metrics.report;
  return {{"version", metrics.version},
          {"release", report.release},
          {"architecture", report.architecture},
          {"build_id", report.build_id},
          {"channel", report.channel},
          {"level", report.level},
          {"newest_level", metrics.newest},
          {"plan_level", metrics.plan ? Json(*metrics.plan) : Json()},
          {"state", name_of(report.state)},
          {"engine", report.engine},
          {"transition", metrics.transition},
          {"cves_closed", report.cves.size()},
          {"quarantined_levels", metrics.quarantined},
          {"last_check_timestamp_seconds", unix_seconds(report.checked_at)},
          {"last_change_timestamp_seconds", unix_seconds(report.changed_at)},
          {"error", report.error ? Json(report.error->code) : Json()}};
}

}  // namespace suture
