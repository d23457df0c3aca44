// SPDX-License-Identifier: Apache-2.0
#include "base/kernel_log.h"

#include <algorithm>
#include <array>

namespace suture {
namespace {

struct Pattern {
  std::string_view text;
  std::string_view kind;
  std::string_view behind{};  ///< what must stand further on in the line, too
};

// In the order of looking: "watchdog: BUG: soft lockup" is a lockup, not just any BUG.
constexpr std::array kPatterns{
    Pattern{"Kernel panic - not syncing", "panic"},              // kernel/panic.c
    Pattern{"soft lockup - CPU#", "lockup"},                     // kernel/watchdog.c
    Pattern{"hard LOCKUP on cpu", "lockup"},                     // kernel/watchdog_hld.c
    Pattern{"self-detected stall on CPU", "rcu-stall"},          // kernel/rcu/tree_stall.h
    Pattern{"detected stalls on CPUs/tasks", "rcu-stall"},       // kernel/rcu/tree_stall.h
    Pattern{"blocked for more than", "hung-task"},               // kernel/hung_task.c
    Pattern{"possible circular locking dependency", "lockdep"},  // kernel/locking/lockdep.c
    Pattern{"possible recursive locking detected", "lockdep"},   // kernel/locking/lockdep.c
    Pattern{"inconsistent lock state", "lockdep"},               // kernel/locking/lockdep.c
    Pattern{"WARNING: CPU: ", "warning"},                        // kernel/panic.c, __warn()
    Pattern{"WARNING: ", "warning", ", CPU#"},                   // the same in 7.2
    Pattern{"WARNING: suspicious RCU usage", "lockdep"},         // kernel/locking/lockdep.c
    Pattern{"kernel BUG at ", "oops"},                           // lib/bug.c
    Pattern{"BUG: ", "oops"},                                    // many
    Pattern{"Oops: ", "oops"},                                   // arch/x86/kernel/dumpstack.c
    Pattern{"general protection fault", "oops"},                 // arch/x86/kernel/traps.c
    Pattern{"double fault", "oops"},                             // arch/x86/kernel/traps.c
};

}  // namespace

bool may_be_slowness(const KernelFault& fault) {
  constexpr std::array<std::string_view, 3> kKinds{"rcu-stall", "lockup", "hung-task"};
  return std::ranges::find(kKinds, fault.kind) != kKinds.end();
}

std::string_view kind_of_fault(std::string_view line) {
  for (const Pattern& pattern : kPatterns) {
    const std::size_t at = line.find(pattern.text);
    if (at != std::string_view::npos && line.substr(at).contains(pattern.behind)) return pattern.kind;
  }
  return {};
}

std::vector<KernelFault> kernel_faults(std::string_view log) {
  std::vector<KernelFault> faults;
  while (!log.empty()) {
    std::string_view line = log.substr(0, log.find('\n'));
    log.remove_prefix(std::min(line.size() + 1, log.size()));
    while (line.ends_with('\r')) line.remove_suffix(1);
    // What a kernel prints has a time in front, what programs print on the console has not.
    if (!line.starts_with('[')) continue;
    if (const auto kind = kind_of_fault(line); !kind.empty()) {
      faults.push_back({std::string(kind), std::string(line)});
    }
  }
  return faults;
}

}  // namespace suture
