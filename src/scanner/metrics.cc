// SPDX-License-Identifier: Apache-2.0
#include "scanner/metrics.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>

#include "base/json.h"
#include "base/time.h"
#include "base/utf8.h"
#include "patchset/patchset.h"

namespace suture {
namespace {

/// All samples of one metric stand together, behind what it means.
class Text {
 public:
  void gauge(std::string_view name, std::string_view help) {
    text_ += fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n", name, help);
  }
  void sample(std::string_view name, std::int64_t value, std::string_view labels = {}) {
    const std::string braced = labels.empty() ? "" : fmt::format("{{{}}}", labels);
    text_ += fmt::format("{}{} {}\n", name, braced, value);
  }
  void one(std::string_view name, std::string_view help, std::int64_t value, std::string_view labels = {}) {
    gauge(name, help);
    sample(name, value, labels);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string label(std::string_view name, std::string_view value) {
  return fmt::format("{}=\"{}\"", name, label_escaped(value));
}

void add_state(Text& text, HostState state) {
  text.gauge("suture_state", "1 for the state that this host is in, 0 for the others.");
  for (const HostState one : {HostState::kUnpatched, HostState::kApplied, HostState::kReverted,
                              HostState::kFailed, HostState::kUnsupported}) {
    text.sample("suture_state", one == state ? 1 : 0, label("state", name_of(one)));
  }
}

void add_engine(Text& text, const std::string& engine) {
  text.gauge("suture_engine", "1 for what holds the live patch in the running kernel, 0 for what does not.");
  for (const std::string_view one : {kKlpEngine, kStopMachineEngine})
    text.sample("suture_engine", one == engine ? 1 : 0, label("engine", one));
}

}  // namespace

std::string label_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : as_utf8(text)) {
    if (c == '\n') {
      escaped += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::int64_t unix_seconds(std::string_view rfc3339) {
  const auto time = parse_time(rfc3339);
  return time ? time->time_since_epoch().count() : 0;
}

std::string metrics_text(const HostMetrics& metrics) {
  const HostReport& report = metrics.report;
  Text text;
  text.one("suture_build_info", "The version of Suture.", 1, label("version", metrics.version));
  text.one("suture_kernel_info", "The running kernel.", 1,
           label("release", report.release) + "," + label("architecture", report.architecture) + "," +
               label("build_id", report.build_id) + "," + label("channel", report.channel));
  text.one("suture_level", "Level of the live patch in the running kernel; 0: none.", report.level);
  text.one("suture_newest_level", "Level that the channel had for this host at the last check; 0: none.",
           metrics.newest);
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
  text.gauge("suture_error", "1 for the reason why the last attempt failed.");
  if (report.error) text.sample("suture_error", 1, label("code", report.error->code));
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
