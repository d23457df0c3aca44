// SPDX-License-Identifier: Apache-2.0
//
// suture-all, which src/cli/front/main.cc starts.
#include "cli/program.h"

namespace suture::cli {
namespace {

void add_commands(CLI::App& app, Invocation& invocation) {
  add_target_command(app, invocation);
  add_build_command(app, invocation);
  add_delta_command(app, invocation);
  add_inspect_command(app, invocation);
  add_repo_command(app, invocation);
  add_publish_command(app, invocation);
  add_update_command(app, invocation);
  add_revert_command(app, invocation);
  add_status_command(app, invocation);
  add_list_cves_command(app, invocation);
}

}  // namespace
}  // namespace suture::cli

int main(int argc, char** argv) {
  return suture::cli::run_program(argc, argv, suture::cli::add_commands);
}
