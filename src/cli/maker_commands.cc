// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"

namespace suture::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  suture target add debian:6.1.0-47-cloud-amd64       prepare a kernel to build for
  suture build --target 6.1.0-47-cloud-amd64 --fix CVE-2026-53249.patch --output out
  suture publish out --repository /srv/suture --keys keys    offer it to the fleet
  suture update                                       on a server: fetch and apply now
  suture status                                       on a server: what is applied
)";

}  // namespace

void add_maker_commands(CLI::App& app, Invocation& invocation) {
  app.footer(kExamples);
  add_target_command(app, invocation);
  add_build_command(app, invocation);
  add_build_engine_command(app, invocation);
  add_rebuild_command(app, invocation);
  add_delta_command(app, invocation);
  add_inspect_command(app, invocation);
  add_qualify_command(app, invocation);
  add_repo_command(app, invocation);
  add_publish_command(app, invocation);
  add_watch_command(app, invocation);
}

}  // namespace suture::cli
