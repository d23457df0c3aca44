// SPDX-License-Identifier: Apache-2.0
//
// What `suture watch follow` puts into the queue: a fix for each target that is affected.
#include <chrono>
#include <memory>
#include <optional>

#include "advisory/fleet_reach.h"
#include "advisory/priority.h"
#include "cli/watch.h"
#include "cli/watch_hosts.h"
#include "cli/watch_verdict.h"

namespace suture::cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr Clock::duration kReportsAge = std::chrono::hours(1);

/// Kernels are read when the first advisory is there to be matched: most rounds bring none.
class Matcher {
 public:
  Matcher(TargetStore store, std::vector<Target> targets, const WatchConfig& config, FixCode code)
      : store_(std::move(store)),
        targets_(std::move(targets)),
        names_(config.targets),
        reports_(config.reports),
        code_(std::move(code)) {}

  Result<std::vector<QueuedFix>> fixes_for(const Advisory& advisory) {
    std::vector<QueuedFix> fixes;
    if (!is_about_kernel(advisory)) return fixes;
    while (facts_.size() < targets_.size()) {
      facts_.push_back(TRY(target_facts(targets_[facts_.size()], store_.cache())));
    }
    TRY(look_at_hosts());
    std::vector<std::string> commits;
    for (const Told<std::string>& commit : advisory.fix_commits()) commits.push_back(commit.value);
    const std::vector<CodeChange> changes = code_.changes(advisory);
    for (std::size_t i = 0; i < facts_.size(); ++i) {
      Finding finding = verdict_of(advisory, changes, facts_[i]);
      if (finding.standing != Standing::kAffected) continue;
      add_reach(finding, facts_[i], fleets_[i]);
      fixes.push_back({.cve = advisory.cve,
                       .target = names_[i],
                       .fix_commits = commits,
                       .reason = finding.reason,
                       .priority = priority_of(advisory, finding).points});
    }
    return fixes;
  }

 private:
  /// Reports that cannot be read any longer leave what they said before.
  Result<void> look_at_hosts() {
    if (looked_ && (reports_.empty() || Clock::now() - *looked_ < kReportsAge)) return {};
    std::vector<FleetReach> fleets;
    for (const TargetFacts& facts : facts_) {
      std::vector<HostModules> hosts;
      if (!reports_.empty()) {
        auto read = read_reports(reports_, facts.id.build_id);
        if (!read && looked_) return {};
        hosts = TRY(std::move(read)).modules;
      }
      fleets.emplace_back(facts.reach, std::move(hosts));
    }
    fleets_ = std::move(fleets);
    looked_ = Clock::now();
    return {};
  }

  TargetStore store_;
  std::vector<Target> targets_;
  std::vector<std::string> names_;  ///< theirs in the configuration
  std::filesystem::path reports_;
  FixCode code_;
  std::vector<TargetFacts> facts_;
  std::vector<FleetReach> fleets_;  ///< of the same targets
  std::optional<Clock::time_point> looked_{};
};

}  // namespace

Result<WatchMatcher> watch_matcher(const WatchOptions& options) {
  const WatchConfig config = TRY(watch_config(options));
  if (config.targets.empty()) return WatchMatcher();
  const TargetStore store = TRY(TargetStore::at(config.target_store));
  std::vector<Target> targets;
  for (const std::string& name : config.targets) targets.push_back(TRY(store.find(name)));
  const auto matcher =
      std::make_shared<Matcher>(store, std::move(targets), config, TRY(FixCode::of(config.code, {})));
  return [matcher](const Advisory& advisory) { return matcher->fixes_for(advisory); };
}

}  // namespace suture::cli
