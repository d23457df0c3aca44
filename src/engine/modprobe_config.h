// SPDX-License-Identifier: Apache-2.0
//
// What a host's configuration of modprobe keeps from being loaded (modprobe.d(5)).
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include "base/error.h"

namespace suture {

/// Names with "_" for "-".
struct ModprobeConfig {
  /// Modules and aliases: "install NAME /bin/false" (or true, or nologin), "alias NAME off". Also those of
  /// the kernel's own module_blacklist=. Whoever loads them, and whatever needs them, gets nothing.
  std::set<std::string, std::less<>> blocked{};
  /// Modules: "blacklist NAME". They are loaded by their own name, and with what needs them, all the same.
  std::set<std::string, std::less<>> blacklisted{};
};

/// Adds what a file says. What is not understood does not count, as modprobe does it; patterns are left out.
void read_modprobe_text(std::string_view text, ModprobeConfig& config);
/// Adds module_blacklist= and modprobe.blacklist= of the kernel's command line.
void read_kernel_command_line(std::string_view line, ModprobeConfig& config);

/// All of a host's files: those of the same name in /etc come before /run, /usr/local/lib, /usr/lib and /lib.
/// "file.unreadable" for one that may not be read: it might say anything.
Result<ModprobeConfig> read_modprobe_config(const std::filesystem::path& root);

}  // namespace suture
