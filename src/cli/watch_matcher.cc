// SPDX-License-Identifier: Apache-2.0
//
// What `suture watch follow` puts into the queue: a fix for each target that is affected.
#include <memory>

#include "advisory/fleet_reach.h"
#include "advisory/priority.h"
#include "cli/watch.h"
#include "cli/watch_verdict.h"

namespace suture::cli {
namespace {

/// Kernels are read when the first advisory is there to be matched: most rounds bring none.
class Matcher {
 public:
  Matcher(TargetStore store, std::vector<Target> targets, std::vector<std::string> names, FixCode code)
      : store_(std::move(store)),
        targets_(std::move(targets)),
        names_(std::move(names)),
        code_(std::move(code)) {}

  Result<std::vector<QueuedFix>> fixes_for(const Advisory& advisory) {
    std::vector<QueuedFix> fixes;
    if (!is_about_kernel(advisory)) return fixes;
    while (facts_.size() < targets_.size()) {
      facts_.push_back(TRY(target_facts(targets_[facts_.size()], store_.cache())));
    }
    std::vector<std::string> commits;
    for (const Told<std::string>& commit : advisory.fix_commits()) commits.push_back(commit.value);
    const std::vector<CodeChange> changes = code_.changes(advisory);
    for (std::size_t i = 0; i < facts_.size(); ++i) {
      Finding finding = verdict_of(advisory, changes, facts_[i]);
      if (finding.standing != Standing::kAffected) continue;
      add_reach(finding, facts_[i], FleetReach(facts_[i].reach));
      fixes.push_back({.cve = advisory.cve,
                       .target = names_[i],
                       .fix_commits = commits,
                       .reason = finding.reason,
                       .priority = priority_of(advisory, finding).points});
    }
    return fixes;
  }

 private:
  TargetStore store_;
  std::vector<Target> targets_;
  std::vector<std::string> names_;  ///< theirs in the configuration
  FixCode code_;
  std::vector<TargetFacts> facts_;
};

}  // namespace

Result<WatchMatcher> watch_matcher(const WatchOptions& options) {
  const WatchConfig config = TRY(watch_config(options));
  if (config.targets.empty()) return WatchMatcher();
  const TargetStore store = TRY(TargetStore::at(config.target_store));
  std::vector<Target> targets;
  for (const std::string& name : config.targets) targets.push_back(TRY(store.find(name)));
  const auto matcher =
      std::make_shared<Matcher>(store, std::move(targets), config.targets, TRY(FixCode::of(config.code, {})));
  return [matcher](const Advisory& advisory) { return matcher->fixes_for(advisory); };
}

}  // namespace suture::cli
