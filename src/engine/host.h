// SPDX-License-Identifier: Apache-2.0
//
// Which kernel is running here, and where the host shows it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/error.h"

namespace suture {

/// Where the kernel's interfaces are. Others than the default serve tests and mounted images.
struct HostPaths {
  std::filesystem::path sys = "/sys";
  std::filesystem::path proc = "/proc";
  std::filesystem::path boot = "/boot";
};

struct RunningKernel {
  std::string release;       ///< uname -r
  std::string architecture;  ///< uname -m
  std::string build_id;      ///< lower-case hexadecimal
  std::string boot_id;       ///< a UUID that is new at each boot
  std::uint64_t uptime_seconds = 0;
  bool livepatch = false;  ///< CONFIG_LIVEPATCH
};

Result<RunningKernel> read_running_kernel(const HostPaths& paths);

}  // namespace suture
