// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/agent_request.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  sudo suture revert                        take the patchset out of the running kernel
  sudo suture update                        bring it back; until then the timer leaves it out
)";

}  // namespace

void add_revert_command(CLI::App& app, Invocation& invocation) {
  CLI::App& command =
      *app.add_subcommand("revert", "On a server: take the applied patchset out of the kernel (root)");
  command.footer(kExamples);
  const auto options = add_agent_options(command);
  command.callback([&invocation, options] {
    invocation.action = [&invocation, options]() -> Result<int> {
      const Json answer = TRY(request_change(*options, "revert"));
      if (invocation.json) {
        fmt::print("{}", json_text(answer));
      } else {
        fmt::print("reverted; applied now: {}\n", describe_applied(answer.value("status", Json::object())));
      }
      return kOk;
    };
  });
}

}  // namespace suture::cli
