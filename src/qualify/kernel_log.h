// SPDX-License-Identifier: Apache-2.0
//
// Reads a kernel's log for what a kernel should never say.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace suture {

struct KernelFault {
  std::string kind;  ///< "warning", "oops", "panic", "hung-task", "rcu-stall", "lockup", "lockdep"
  std::string line;
};

/// Of a machine that gets too little time from its host.
bool may_be_slowness(const KernelFault& fault);

/// All of them, in the log's order.
std::vector<KernelFault> kernel_faults(std::string_view log);

}  // namespace suture
