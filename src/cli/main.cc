// SPDX-License-Identifier: Apache-2.0
//
// suture-all and suture-host, which src/cli/front/main.cc starts: parses the command line, runs the chosen
// command, prints its error. suture-host has the commands of a server that is kept patched, and needs few
// libraries; suture-all has all.
#include "base/process.h"
#include "cli/command.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture update                                       on a server: fetch and apply now
  suture status                                       on a server: what is applied
)";

void add_commands(CLI::App& app, Invocation& invocation) {
  add_maker_commands(app, invocation);
  add_update_command(app, invocation);
  add_revert_command(app, invocation);
  add_status_command(app, invocation);
  add_list_cves_command(app, invocation);
  add_list_commands(app, invocation);
  add_cve_command(app, invocation);
  add_history_command(app, invocation);
  add_log_command(app, invocation);
  add_uname_command(app, invocation);
  add_audit_command(app, invocation);
  add_vex_command(app, invocation);
  add_oval_command(app, invocation);
  add_metrics_command(app, invocation);
  add_check_command(app, invocation);
  add_config_command(app, invocation);
  add_stalled_command(app, invocation);
  add_doctor_command(app, invocation);
}

}  // namespace
}  // namespace suture::cli

int main(int argc, char** argv) {
  using namespace suture;
  using namespace suture::cli;
  end_children_with_us();
  CLI::App app("Live patching for Linux servers: build, publish, apply and take back kernel fixes.",
               "suture");
  app.set_version_flag("--version", "suture " SUTURE_VERSION);
  app.footer(kExamples);
  app.require_subcommand(1);
  app.fallthrough();

  Invocation invocation;
  app.add_flag("--json", invocation.json, "Print one JSON document for programs instead of text");
  add_commands(app, invocation);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : invocation.usage_status;
  }
  const auto status = invocation.action();
  if (status) return *status;
  print_error(status.error(), invocation.json);
  return invocation.failure_status(status.error());
}
