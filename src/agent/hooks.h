// SPDX-License-Identifier: Apache-2.0
//
// The administrator's own commands around an apply. They run as root, without a shell, with nothing of the
// agent's environment but PATH, in a process group that is killed at the time limit.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace suture {

/// What a command is told, each in the variable SUTURE_ and its name in capitals.
struct HookFacts {
  std::string action{};          ///< "install", "boot" (applied again after a boot), "watch" (health_command)
  std::uint32_t level = 0;       ///< that is to come, or has come
  std::uint32_t from_level = 0;  ///< that is, or was, in the kernel; 0: none
  std::vector<std::string> cves{};  ///< that `level` closes; with blanks between them
  std::string kernel{};             ///< uname -r
};

/// "/usr/local/sbin/drain --now": an absolute path and its arguments, with blanks between them.
Result<std::vector<std::string>> parse_command(std::string_view text);

/// A file that only root can change, in a folder in which not everybody may exchange it.
/// "agent.command-unsafe" otherwise.
Result<void> require_safe(const std::filesystem::path& program);

/// "agent.command-unsafe" and "process.not-started" when it could not be run; "agent.command-failed" when it
/// failed or was killed at its time limit: `why` is the last line that it said.
Result<void> run_hook(const std::vector<std::string>& command, const HookFacts& facts,
                      std::chrono::seconds timeout);

}  // namespace suture
