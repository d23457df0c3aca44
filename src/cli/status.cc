// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/terminal.h"
#include "cli/agent_request.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture status                             what is applied to the running kernel; any user may ask
  suture status --json | jq .level
)";

std::string coloured_state(const std::string& state) {
  if (state == "applied") return coloured(state, Colour::kGreen);
  if (state == "failed") return coloured(state, Colour::kRed);
  return coloured(state, Colour::kYellow);
}

std::string or_never(const std::string& time) {
  return time.empty() ? "never" : time;
}

void print_status(const Json& status) {
  const auto text = [&](const char* key) { return json_string(status, key).value_or("?"); };
  std::vector<std::vector<std::string>> rows = {
      {"state", coloured_state(text("state"))},
      {"applied", describe_applied(status)},
      {"kernel", text("release") + " " + text("architecture")},
      {"build-id", text("build_id")},
      {"channel", text("channel")},
      {"changed", or_never(text("changed_at"))},
      {"checked", or_never(text("checked_at"))},
      {"daemon", status.value("daemon", false) ? "running" : "not running"},
  };
  if (const auto error = json_object(status, "error")) {
    const std::string message = json_string(**error, "message").value_or("");
    rows.push_back({"last error", message.substr(0, message.find('\n'))});
  }
  for (const auto& row : rows) fmt::print("{:<11} {}\n", row[0], row[1]);
}

}  // namespace

void add_status_command(CLI::App& app, Invocation& invocation) {
  CLI::App& command = *app.add_subcommand("status", "On a server: what is applied to the running kernel");
  command.footer(kExamples);
  const auto options = add_agent_options(command);
  command.callback([&invocation, options] {
    invocation.action = [&invocation, options]() -> Result<int> {
      const Json status = TRY(request_status(*options));
      if (invocation.json) {
        fmt::print("{}", json_text(status));
      } else {
        print_status(status);
      }
      return kOk;
    };
  });
}

}  // namespace suture::cli
