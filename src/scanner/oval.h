// SPDX-License-Identifier: Apache-2.0
//
// OVAL 5.11 definitions, which `oscap oval eval` tries on a host: is a hole open there that a live patch
// closes?
//
// They hold no verdict of ours. A definition says how to see for oneself: this kernel runs (uname), and sysfs
// shows no live patch of the level that closes the hole, or of a later one, into which all tasks have moved.
// Levels that do not exist yet are among them, so that definitions stay right while patches go on. One file
// may hold the kernels of a whole fleet; a host is judged by its own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scanner/scanned_host.h"

namespace suture {

struct OvalFix {
  std::string cve{};
  std::uint32_t level = 0;  ///< the lowest that closes it
};

struct OvalKernel {
  std::string release{};  ///< uname -r
  std::string version{};  ///< of its package, which `uname -v` must hold; empty: whichever
  std::vector<OvalFix> fixes{};
};

struct OvalContent {
  std::string tool{};  ///< the version of Suture
  std::string time{};  ///< RFC 3339
  std::vector<OvalKernel> kernels{};
  std::string live_patches = "/sys/kernel/livepatch";  ///< elsewhere in tests only
  std::string stop_machine = "/sys/kernel/suture";     ///< the same
};

/// What a live patch closes or could close on this host.
OvalContent oval_content(const ScannedHost& host);

/// "scanner.no-verdicts" when no level closes anything: a file without definitions is not valid.
Result<std::string> oval_text(const OvalContent& content);

}  // namespace suture
