// SPDX-License-Identifier: Apache-2.0
//
// How a subcommand of `suture` is made: one file each, which adds its options to the parser and, when it
// is the one chosen, leaves its work in Invocation::action. main() then runs it and prints its error.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "base/error.h"
#include "cli/outcome.h"

namespace suture::cli {

struct Invocation {
  bool json = false;                    ///< --json: one JSON document on standard output
  std::function<Result<int>()> action;  ///< the chosen subcommand's work; yields the exit status
  int usage_status = kUsage;            ///< exit status for a wrong command line
  /// Exit status for an error of the action.
  std::function<int(const Error&)> failure_status = [](const Error&) { return kFailed; };
};

/// What makes, tries and publishes patchsets: the commands in suture-all (maker_commands.cc); in suture-host,
/// which stands alone on servers, the same names, which tell where they are (maker_missing.cc).
void add_maker_commands(CLI::App& app, Invocation& invocation);

void add_target_command(CLI::App& app, Invocation& invocation);
void add_build_command(CLI::App& app, Invocation& invocation);
void add_build_engine_command(CLI::App& app, Invocation& invocation);
void add_rebuild_command(CLI::App& app, Invocation& invocation);
void add_delta_command(CLI::App& app, Invocation& invocation);
void add_inspect_command(CLI::App& app, Invocation& invocation);
void add_qualify_command(CLI::App& app, Invocation& invocation);
void add_repo_command(CLI::App& app, Invocation& invocation);
void add_repo_mok(CLI::App& repo, Invocation& invocation);  ///< below `suture repo`
void add_publish_command(CLI::App& app, Invocation& invocation);
void add_watch_command(CLI::App& app, Invocation& invocation);
void add_update_command(CLI::App& app, Invocation& invocation);
void add_revert_command(CLI::App& app, Invocation& invocation);
void add_status_command(CLI::App& app, Invocation& invocation);
void add_list_cves_command(CLI::App& app, Invocation& invocation);
void add_list_commands(CLI::App& app, Invocation& invocation);
void add_cve_command(CLI::App& app, Invocation& invocation);
void add_history_command(CLI::App& app, Invocation& invocation);
void add_log_command(CLI::App& app, Invocation& invocation);
void add_audit_command(CLI::App& app, Invocation& invocation);
void add_uname_command(CLI::App& app, Invocation& invocation);
void add_vex_command(CLI::App& app, Invocation& invocation);
void add_oval_command(CLI::App& app, Invocation& invocation);
void add_metrics_command(CLI::App& app, Invocation& invocation);
void add_check_command(CLI::App& app, Invocation& invocation);
void add_config_command(CLI::App& app, Invocation& invocation);
void add_stalled_command(CLI::App& app, Invocation& invocation);
void add_doctor_command(CLI::App& app, Invocation& invocation);

}  // namespace suture::cli
