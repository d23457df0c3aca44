// SPDX-License-Identifier: Apache-2.0
#include "cli/agent_request.h"

#include <fmt/format.h>
#include <unistd.h>

#include "agent/config.h"
#include "agent/control.h"
#include "agent/repository_source.h"
#include "base/json.h"
#include "base/terminal.h"
#include "engine/engine_choice.h"

namespace suture::cli {
namespace {

/// A download, a transition, a transition back, and a command before and one after.
std::chrono::seconds patience(const AgentConfig& config) {
  constexpr auto kSlack = std::chrono::seconds(120);
  return config.download_timeout + 3 * config.transition_timeout + 2 * config.command_timeout + kSlack;
}

Result<Json> do_here(const AgentConfig& config, std::string_view request) {
  EngineChoice engine(engine_options(config));
  RepositorySource source(config);
  Agent agent(config, engine, source);
  return handle_request(agent, request);
}

}  // namespace

std::shared_ptr<AgentOptions> add_agent_options(CLI::App& command) {
  const auto options = std::make_shared<AgentOptions>();
  options->config = kDefaultConfig;
  command.add_option("--config", options->config, "The agent's configuration, see suture-agent.toml(5)")
      ->type_name("FILE");
  return options;
}

Result<Json> request_change(const AgentOptions& options, std::string_view request) {
  const AgentConfig config = TRY(read_config(options.config));
  if (::geteuid() != 0) {
    return fail("engine.not-root", std::string(request) + " this host",
                "only root may change the running kernel", "Run it with sudo.");
  }
  const Progress progress(request == "update"  ? "Updating this kernel"
                          : request == "check" ? "Asking the repository"
                                               : "Taking the patchset back");
  auto answer = ask_daemon(config.socket, request, patience(config));
  if (!answer && answer.error().code == "control.absent") return do_here(config, request);
  return answer;
}

Result<Json> request_status(const AgentOptions& options) {
  constexpr auto kPatience = std::chrono::seconds(2);
  const AgentConfig config = TRY(read_config(options.config));
  auto answer = ask_daemon(config.socket, "status", kPatience);
  const bool running = answer || answer.error().code != "control.absent";
  if (!answer) answer = do_here(config, "status");
  if (!answer) return answer;
  Json status = *TRY(json_object(*answer, "status"));
  status["daemon"] = running;
  return status;
}

std::string describe_applied(const Json& status) {
  const auto level = json_integer(status, "level").value_or(0);
  const auto cves = status.value("cves", Json::array()).size();
  if (level > 0) {
    return fmt::format("level {} ({}), {} CVE{} closed{}", level, json_string(status, "module").value_or("?"),
                       cves, cves == 1 ? "" : "s",
                       status.value("transition", false) ? ", transition under way" : "");
  }
  if (status.value("held", false)) return "nothing: held back until `suture update`";
  return "nothing";
}

}  // namespace suture::cli
