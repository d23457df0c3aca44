// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/json.h"
#include "cli/agent_request.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  sudo suture revert                        take the patchset out of the running kernel
  sudo suture revert --to 6                 another level, which the channel has
  sudo suture update                        bring it back; until then the timer leaves it out
)";

}  // namespace

void add_revert_command(CLI::App& app, Invocation& invocation) {
  CLI::App& command =
      *app.add_subcommand("revert", "On a server: take the applied patchset out of the kernel (root)");
  command.footer(kExamples);
  const auto options = add_agent_options(command);
  const auto level = std::make_shared<std::uint32_t>(0);
  command.add_option("--to", *level, "Go back to this level, and no higher until the next `suture update`")
      ->type_name("LEVEL");
  command.callback([&invocation, options, level] {
    invocation.action = [&invocation, options, level]() -> Result<int> {
      const std::string request = *level == 0 ? "revert" : "revert " + std::to_string(*level);
      const Json answer = TRY(request_change(*options, request));
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
