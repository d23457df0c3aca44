// SPDX-License-Identifier: Apache-2.0
//
// A function that is on a task's stack cannot be exchanged under it: the task keeps to the old code until it
// returns. Most do soon; the main loop of a kernel thread does not.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "delta/risk.h"

namespace suture {
namespace {

bool asks_to_stop(std::string_view callee) {
  constexpr std::array<std::string_view, 4> kNames{"kthread_should_stop", "kthread_freezable_should_stop",
                                                   "kthread_should_park", "kthread_should_stop_or_park"};
  return std::ranges::find(kNames, callee) != kNames.end();
}

/// What the loop calls that waits, to help the reader recognize it.
bool waits(std::string_view callee) {
  constexpr std::array<std::string_view, 6> kNames{
      "schedule", "schedule_timeout",    "schedule_timeout_interruptible", "schedule_timeout_uninterruptible",
      "msleep",   "msleep_interruptible"};
  return std::ranges::find(kNames, callee) != kNames.end();
}

/// Steps from which no way leads to a return, and which do not all end in a trap.
std::vector<StepId> endless_steps(const Flow& flow) {
  std::vector<bool> ends = can_return(flow);
  // What is left and has nothing behind it is a trap; take away what leads to traps only.
  for (bool changed = true; changed;) {
    changed = false;
    for (StepId id = static_cast<StepId>(flow.steps.size()); id-- > 0;) {
      const auto& next = flow.steps[id].next;
      if (ends[id] || !std::ranges::all_of(next, [&](StepId to) { return ends[to]; })) continue;
      ends[id] = true;
      changed = true;
    }
  }
  std::vector<StepId> steps;
  for (StepId id = 0; id < flow.steps.size(); ++id) {
    if (!ends[id]) steps.push_back(id);
  }
  return steps;
}

}  // namespace

void report_loops(RiskReport& report, const ChangedFunction& function) {
  // It is the old code that runs on. A new function has none, and delays only the next patch.
  const Flow& flow = function.before ? *function.before : function.after;
  const char* whose = function.before ? "the old code runs on" : "it runs on";
  const std::vector<StepId> endless = flow.complete ? endless_steps(flow) : std::vector<StepId>{};
  if (!endless.empty()) {
    const auto call = std::ranges::find_if(endless, [&](StepId id) { return waits(flow.steps[id].callee); });
    const std::string calls =
        call == endless.end() ? "" : fmt::format(", and calls {}()", flow.steps[*call].callee);
    report.add("risk.runs-forever", function.patched, 0,
               fmt::format("never returns: no way leads out of its loop{}; {} in each task that is inside, "
                           "and the transition waits for it",
                           calls, whose));
    return;
  }
  for (StepId id = 0; id < flow.steps.size(); ++id) {
    if (!asks_to_stop(flow.steps[id].callee) || !in_loop(flow, id)) continue;
    report.add("risk.runs-forever", function.patched, 0,
               fmt::format("its loop calls {}(): {} until the thread is stopped, and the transition waits "
                           "for it",
                           flow.steps[id].callee, whose));
    return;
  }
}

}  // namespace suture
