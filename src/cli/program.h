// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.h"

namespace suture::cli {

/// Parses the command line with the commands that `add_commands` adds, runs the chosen one, prints its error.
/// Yields the exit status.
int run_program(int argc, char** argv, void (*add_commands)(CLI::App&, Invocation&));

}  // namespace suture::cli
