// SPDX-License-Identifier: Apache-2.0
//
// What the stop-machine engine (kmod/, suture.ko) shows in /sys/kernel/suture: what it holds, and how its
// last switch went.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/livepatch.h"

namespace suture {

struct StopMachineState {
  std::uint32_t abi = 0;    ///< of the interface between it and patch modules (kmod/suture_patch.h)
  std::uint32_t level = 0;  ///< 0: it holds nothing
  std::string patch;        ///< the module's name: "suture_stop_3"; empty: none
};

/// Nothing when it is not loaded.
Result<std::optional<StopMachineState>> read_stop_machine(const HostPaths& paths);

/// A try to switch all tasks at one instant, or several in a row.
struct LastSwitch {
  std::string action;  ///< "apply", "revert" or "none"
  std::string patch;
  int error = 0;       ///< errno; 0: it went well
  std::string reason;  ///< a line for people; may be empty
  std::uint64_t attempts = 0;
  std::uint64_t stops = 0;     ///< how often the machine stood still
  std::uint64_t pause_ns = 0;  ///< the longest of them
};

/// "none" when there was none, or the engine is not loaded.
LastSwitch read_last_switch(const HostPaths& paths);

/// Tasks that stood in the way of the last switch, each with the function that it was in, or without a stack
/// when that could not be trusted. Root alone may see them.
std::vector<StalledTask> read_blockers(const HostPaths& paths);

/// Functions that it has replaced now: "do_nanosleep".
std::set<std::string> read_switched_functions(const HostPaths& paths);

}  // namespace suture
