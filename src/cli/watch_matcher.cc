// SPDX-License-Identifier: Apache-2.0
//
// What `suture watch follow` puts into the queue: a fix for each target that is affected.
#include <memory>

#include "advisory/priority.h"
#include "cli/watch.h"
#include "cli/watch_verdict.h"

namespace suture::cli {
namespace {

/// All that is asked of each advisory again.
struct Matched {
  std::vector<std::pair<std::string, TargetFacts>> targets;  ///< by the name in the configuration
  FixCode code;
};

}  // namespace

Result<WatchMatcher> watch_matcher(const WatchOptions& options) {
  const WatchConfig config = TRY(watch_config(options));
  if (config.targets.empty()) return WatchMatcher();
  const auto matched = std::make_shared<Matched>();
  matched->code = TRY(FixCode::of(config.code, {}));
  const TargetStore store = TRY(TargetStore::at(config.target_store));
  for (const std::string& name : config.targets) {
    const Target target = TRY(store.find(name));
    matched->targets.emplace_back(name, TRY(target_facts(target, store.cache())));
  }
  return [matched](const Advisory& advisory) -> Result<std::vector<QueuedFix>> {
    std::vector<QueuedFix> fixes;
    if (!is_about_kernel(advisory)) return fixes;
    std::vector<std::string> commits;
    for (const Told<std::string>& commit : advisory.fix_commits()) commits.push_back(commit.value);
    for (const auto& [name, facts] : matched->targets) {
      const Finding finding = verdict_of(advisory, matched->code, facts);
      if (finding.standing != Standing::kAffected) continue;
      fixes.push_back({.cve = advisory.cve,
                       .target = name,
                       .fix_commits = commits,
                       .reason = finding.reason,
                       .priority = priority_of(advisory, finding).points});
    }
    return fixes;
  };
}

}  // namespace suture::cli
