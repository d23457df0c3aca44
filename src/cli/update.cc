// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/json.h"
#include "base/terminal.h"
#include "cli/agent_request.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  sudo suture update                        fetch the newest patchset for this kernel and apply it
  sudo suture update --json                 the same, for a program
  sudo suture update --config ./agent.toml
)";

std::string sentence(const Json& answer) {
  std::string outcome = json_string(answer, "outcome").value_or("");
  const Json status = answer.value("status", Json::object());
  if (outcome == "applied") return coloured("applied", Colour::kGreen) + ": " + describe_applied(status);
  if (outcome == "up-to-date") return "up to date: " + describe_applied(status);
  if (outcome == "went-back") {
    return coloured("went back", Colour::kYellow) +
           " from a level that this host is not to have: " + describe_applied(status);
  }
  if (outcome == "waiting") {
    return fmt::format("level {} waits: {}", json_integer(status, "newest_level").value_or(0),
                       json_string(status, "waits").value_or("?"));
  }
  if (outcome == "vetoed") {
    return fmt::format("level {} is vetoed by this machine's command before it: {}",
                       json_integer(status, "newest_level").value_or(0),
                       json_string(status, "waits").value_or("?"));
  }
  if (outcome == "transition") {
    return describe_applied(status) + "; `suture stalled` tells what holds it up";
  }
  if (outcome == "nothing-for-kernel") {
    return fmt::format("channel \"{}\" has no patchset for this kernel ({}, build-id {})",
                       json_string(status, "channel").value_or("?"),
                       json_string(status, "release").value_or("?"),
                       json_string(status, "build_id").value_or("?"));
  }
  return outcome;
}

}  // namespace

void add_update_command(CLI::App& app, Invocation& invocation) {
  CLI::App& command =
      *app.add_subcommand("update", "On a server: fetch and apply the newest patchset now (root)");
  command.footer(kExamples);
  const auto options = add_agent_options(command);
  command.callback([&invocation, options] {
    invocation.action = [&invocation, options]() -> Result<int> {
      const Json answer = TRY(request_change(*options, "update"));
      fmt::print("{}", invocation.json ? json_text(answer) : sentence(answer) + "\n");
      return kOk;
    };
  });
}

}  // namespace suture::cli
