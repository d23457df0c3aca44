// SPDX-License-Identifier: Apache-2.0
//
// sutured: the agent's daemon.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "agent/agent.h"
#include "agent/config.h"
#include "agent/daemon.h"
#include "agent/repository_source.h"
#include "engine/engine_choice.h"

namespace {

constexpr const char* kExamples = R"(
Examples:
  sutured                                        run with /etc/suture/agent.toml, as the service does
  sutured --config ./agent.toml --once           check, apply and report once, then end
  sutured --boot                                 apply again what was applied before the reboot, then end
)";

int failed(const suture::Error& error) {
  fmt::print(stderr, "sutured: {}\n", error.message());
  return 1;
}

/// An agent, and what it works with.
struct Whole {
  explicit Whole(const suture::AgentConfig& config)
      : engine(suture::engine_options(config)),
        source(config),
        agent(config, engine, source, suture::log_step) {}
  suture::EngineChoice engine;
  suture::RepositorySource source;
  suture::Agent agent;
};

suture::Result<std::shared_ptr<suture::Agent>> make_agent(const std::string& file) {
  const auto whole = std::make_shared<Whole>(TRY(suture::read_config(file)));
  return std::shared_ptr<suture::Agent>(whole, &whole->agent);
}

/// What ends by itself, with an agent of its own.
suture::Result<void> do_once(const suture::MakeAgent& make,
                             const std::function<suture::Result<void>(suture::Agent&)>& work) {
  return work(*TRY(make()));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Keeps the running kernel of this server patched: checks, verifies, applies, reports.",
               "sutured");
  app.set_version_flag("--version", "sutured " SUTURE_VERSION);
  app.footer(kExamples);
  std::string file = suture::kDefaultConfig;
  bool once = false;
  bool boot = false;
  bool shutdown = false;
  app.add_option("--config", file, "Configuration, see suture-agent.toml(5)")->type_name("FILE");
  auto* const once_flag = app.add_flag("--once", once, "Check, apply and report once, then end");
  auto* const boot_flag = app.add_flag(
      "--boot", boot, "Apply again what was applied before the reboot, without a network, then end");
  app.add_flag("--shutdown", shutdown, "Say that the machine goes down by somebody's will, then end")
      ->excludes(once_flag)
      ->excludes(boot_flag);
  boot_flag->excludes(once_flag);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  if (const auto config = suture::read_config(file); !config) return failed(config.error());
  if (::geteuid() != 0) {
    return failed({"agent.not-root", "start", "only root may change the running kernel", "Use sudo."});
  }
  const auto make = [&] { return make_agent(file); };
  const auto done = [&] {
    if (boot) return do_once(make, suture::run_boot);
    // Else the next boot would take this level for what brought the machine down.
    if (shutdown) return do_once(make, [](suture::Agent& agent) { return agent.confirm(); });
    return once ? do_once(make, suture::run_once) : suture::run_daemon(make);
  }();
  return done ? 0 : failed(done.error());
}
