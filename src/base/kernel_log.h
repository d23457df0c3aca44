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

/// Of a line that the kernel printed, as KernelFault::kind; empty when it tells of no fault.
std::string_view kind_of_fault(std::string_view line);

/// All of them in what a console shows, in its order.
std::vector<KernelFault> kernel_faults(std::string_view log);

}  // namespace suture
