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
  app.add_option("--config", file, "Configuration, see suture-agent.toml(5)")->type_name("FILE");
  app.add_flag("--once", once, "Check, apply and report once, then end");
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
  const auto done = once ? suture::run_once(agent) : suture::run_daemon(agent);
  return done ? 0 : failed(done.error());
}
