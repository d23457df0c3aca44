// SPDX-License-Identifier: Apache-2.0
//
// Larger code costs cache; a larger stack frame may be the one too many, deep in a chain of calls.
#include <fmt/format.h>

#include <algorithm>

#include "delta/risk.h"

namespace suture {
namespace {

/// Code which grows by less is told by the sizes that each replaced function is listed with.
constexpr std::uint64_t kWorthTelling = 4;  // a quarter

/// Bytes that pushes and the prologue take: the most on the first way to any step. What is pushed for a call
/// in between counts as well.
std::uint64_t frame_of(const Flow& flow) {
  std::vector<std::uint64_t> depth(flow.steps.size());
  std::vector<bool> seen(flow.steps.size());
  std::vector<StepId> open{0};
  std::uint64_t most = 0;
  while (!open.empty()) {
    const StepId id = open.back();
    open.pop_back();
    if (seen[id]) continue;
    seen[id] = true;
    const std::uint64_t behind = depth[id] + flow.steps[id].frame;
    most = std::max(most, behind);
    for (const StepId next : flow.steps[id].next) {
      if (!seen[next]) depth[next] = behind;
      open.push_back(next);
    }
  }
  return most;
}

}  // namespace

void report_growth(RiskReport& report, const ChangedFunction& function) {
  if (!function.before) return;
  const std::uint64_t old_size = report.input().units.original.atom(function.original).size;
  const std::uint64_t new_size = report.input().units.patched.atom(function.patched).size;
  const std::uint64_t old_frame = frame_of(*function.before);
  const std::uint64_t new_frame = frame_of(function.after);
  if (new_frame > old_frame) {
    report.add("risk.stack-growth", function.patched, 0,
               fmt::format("its stack frame grows from {} to {} bytes", old_frame, new_frame));
  }
  if (new_size > old_size + old_size / kWorthTelling) {
    report.add("risk.code-growth", function.patched, 0,
               fmt::format("its code grows from {} to {} bytes", old_size, new_size));
  }
}

}  // namespace suture
