// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "base/terminal.h"
#include "cli/agent_request.h"
#include "patchset/plan.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture status                             what is applied to the running kernel; any user may ask
  suture status --json | jq .level
  suture status >/dev/null || echo $?       10: an update waits, 11: nothing applied, 12: unsupported, 13: degraded
  sudo suture check                         ask the repository now, and install nothing
)";

std::string coloured_state(const std::string& state) {
  if (state == "applied") return coloured(state, Colour::kGreen);
  if (state == "failed") return coloured(state, Colour::kRed);
  return coloured(state, Colour::kYellow);
}

std::string or_never(const std::string& time) {
  return time.empty() ? "never" : time;
}

/// Exit statuses, as documented in suture-status(1).
constexpr int kUpdateWaits = 10;
constexpr int kNothingApplied = 11;
constexpr int kUnsupported = 12;
constexpr int kDegraded = 13;

int exit_status(const Json& status) {
  const std::string state = json_string(status, "state").value_or("");
  const auto level = json_integer(status, "level").value_or(0);
  if (state == "unsupported") return kUnsupported;
  if (state == "failed" || status.value("transition", false)) return kDegraded;
  if (json_integer(status, "newest_level").value_or(0) > level) return kUpdateWaits;
  return level > 0 ? kOk : kNothingApplied;
}

std::string newest_text(const Json& status) {
  const auto newest = json_integer(status, "newest_level").value_or(0);
  if (newest <= json_integer(status, "level").value_or(0)) return "nothing newer";
  const std::string waits = json_string(status, "waits").value_or("");
  return fmt::format("level {}{}", newest, waits.empty() ? "" : ", waits: " + waits);
}

/// Of a rollout that steers this host.
std::optional<std::string> plan_row(const Json& status) {
  const auto json = json_object(status, "plan");
  const auto plan = json ? plan_from_json(**json) : std::unexpected(json.error());
  return plan ? std::optional(text_of(*plan)) : std::nullopt;
}

std::string engine_text(const Json& status) {
  const std::string engine = json_string(status, "engine").value_or("");
  if (engine == "klp") return "klp, the kernel's livepatch";
  if (engine == "stopmachine") return "stopmachine, which switches all tasks at one instant";
  return engine.empty() ? "none is in use" : engine;
}

void print_status(const Json& status) {
  const auto text = [&](const char* key) { return json_string(status, key).value_or("?"); };
  std::vector<std::vector<std::string>> rows = {
      {"state", coloured_state(text("state"))},
      {"applied",
       describe_applied(status) + (status.value("watched", false) ? ", new and looked after" : "")},
      {"engine", engine_text(status)},
      {"available", newest_text(status)},
      {"kernel", text("release") + " " + text("architecture")},
      {"build-id", text("build_id")},
      {"channel", text("channel")},
      {"changed", or_never(text("changed_at"))},
      {"checked", or_never(text("checked_at"))},
      {"next check", json_string(status, "next_check_at").value_or("not by itself")},
      {"daemon", status.value("daemon", false) ? "running" : "not running"},
  };
  if (const auto plan = plan_row(status)) rows.push_back({"rollout", *plan});
  const Json quarantined = status.value("quarantined", Json::array());
  const Json reasons = status.value("quarantine_reasons", Json::array());
  for (std::size_t i = 0; i < std::min(quarantined.size(), reasons.size()); ++i) {
    rows.push_back(
        {"quarantine", fmt::format("level {}: {}", quarantined[i].is_number() ? quarantined[i].dump() : "?",
                                   reasons[i].is_string() ? reasons[i].get<std::string>() : "?")});
  }
  if (const auto error = json_object(status, "error")) {
    const std::string message = json_string(**error, "message").value_or("");
    rows.push_back({"last error", message.substr(0, message.find('\n'))});
  }
  if (const auto error = json_object(status, "report_error")) {
    const std::string message = json_string(**error, "message").value_or("");
    rows.push_back({"reports", message.substr(0, message.find('\n'))});
  }
  if (const auto error = json_string(status, "config_error")) {
    rows.push_back({"config", "as before: " + error->substr(0, error->find('\n'))});
  }
  for (const auto& row : rows) fmt::print("{:<11} {}\n", row[0], row[1]);
}

int show(const Json& status, bool json) {
  if (json) {
    fmt::print("{}", json_text(status));
  } else {
    print_status(status);
  }
  return exit_status(status);
}

}  // namespace

void add_status_command(CLI::App& app, Invocation& invocation) {
  CLI::App& command = *app.add_subcommand("status", "On a server: what is applied to the running kernel");
  command.footer(kExamples);
  const auto options = add_agent_options(command);
  command.callback([&invocation, options] {
    invocation.action = [&invocation, options]() -> Result<int> {
      return show(TRY(request_status(*options)), invocation.json);
    };
  });
}

void add_check_command(CLI::App& app, Invocation& invocation) {
  CLI::App& command =
      *app.add_subcommand("check", "On a server: ask the repository, and install nothing (root)");
  command.footer(kExamples);
  const auto options = add_agent_options(command);
  command.callback([&invocation, options] {
    invocation.action = [&invocation, options]() -> Result<int> {
      TRY(request_change(*options, "check"));
      return show(TRY(request_status(*options)), invocation.json);
    };
  });
}

}  // namespace suture::cli
