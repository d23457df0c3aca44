// SPDX-License-Identifier: Apache-2.0
//
// Runs another program to its end, without a shell, with bounds on time and on what it may print.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace suture {

struct Command {
  // Each has an initializer, so that designated ones may leave it out under -Wextra.
  std::vector<std::string> argv{};
  std::filesystem::path directory{};                 ///< working folder; empty: the caller's
  std::map<std::string, std::string> environment{};  ///< set on top of the caller's environment
  bool clean_environment = false;                    ///< nothing of the caller's
  std::string input{};                               ///< standard input
  std::chrono::seconds timeout{600};                 ///< then the whole process group is killed
  std::size_t output_limit = 256u << 20;             ///< bytes kept of each stream; more is an error

  /// The command as a person would type it.
  std::string text() const;
};

struct Finished {
  int status = 0;  ///< exit status, or 128 + signal
  std::string out;
  std::string err;
};

/// Runs the command; an error only when it could not be started, timed out or printed too much.
Result<Finished> run(const Command& command);

/// As run(), and a non-zero exit is an error ("process.failed") that carries the end of what it printed.
Result<Finished> run_ok(const Command& command);

/// For a program's start: when a signal ends it (Ctrl-C, SIGTERM, SIGHUP), the commands that it runs end too,
/// instead of working on alone in their own process groups.
void end_children_with_us();

}  // namespace suture
