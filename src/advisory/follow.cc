// SPDX-License-Identifier: Apache-2.0
#include "advisory/follow.h"

#include <algorithm>

namespace suture {
namespace {

constexpr const char* kFollower = "queue";
constexpr std::uint32_t kPage = 200;

Result<void> hand_over_one(AdvisoryStore& store, const std::string& cve, const WatchMatcher& matcher,
                           Time now, HandedOver& report) {
  WatchQueue queue(store);
  report.looked_at++;
  const auto advisory = TRY(store.advisory(cve));
  std::vector<QueuedFix> fixes;
  if (advisory) {
    auto matched = matcher(*advisory);
    if (!matched) {
      report.unmatched.emplace_back(cve, matched.error());
      return {};
    }
    fixes = *std::move(matched);
  }
  for (const QueuedFix& fix : fixes) {
    if (TRY(queue.add(fix, now))) report.queued++;
  }
  for (const std::string& target : TRY(queue.targets_waiting_for(cve))) {
    if (std::ranges::find(fixes, target, &QueuedFix::target) != fixes.end()) continue;
    TRY(queue.withdraw(cve, target, "not affected, by what sources say now", now));
    report.withdrawn++;
  }
  return {};
}

}  // namespace

Result<HandedOver> hand_over(AdvisoryStore& store, const WatchMatcher& matcher, Time now) {
  HandedOver report;
  std::int64_t position = TRY(store.follower(kFollower));
  for (;;) {
    const auto changed = TRY(store.changed_since(position, kPage));
    if (changed.empty()) return report;
    for (const ChangedCve& each : changed) TRY(hand_over_one(store, each.cve, matcher, now, report));
    position = changed.back().position;
    TRY(store.set_follower(kFollower, position));
  }
}

}  // namespace suture
