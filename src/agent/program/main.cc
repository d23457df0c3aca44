// SPDX-License-Identifier: Apache-2.0
//
// sutured: the agent's daemon.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "agent/agent.h"
#include "agent/config.h"
#include "agent/daemon.h"
#include "agent/repository_source.h"
#include "engine/klp.h"

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

  const auto config = suture::read_config(file);
  if (!config) return failed(config.error());
  if (::geteuid() != 0) {
    return failed({"agent.not-root", "start", "only root may change the running kernel", "Use sudo."});
  }
  suture::KlpEngine engine(suture::engine_options(*config));
  suture::RepositorySource source(*config);
  suture::Agent agent(*config, engine, source, suture::log_step);
  const auto done = [&] {
    if (boot) return suture::run_boot(agent);
    // Else the next boot would take this level for what brought the machine down.
    if (shutdown) return agent.confirm();
    return once ? suture::run_once(agent) : suture::run_daemon(agent);
  }();
  return done ? 0 : failed(done.error());
}
