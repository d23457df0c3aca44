// SPDX-License-Identifier: Apache-2.0
//
// Questions of `suture watch` about one kernel of the store: how they are asked, and an answer for each
// vulnerability.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "advisory/fleet_reach.h"
#include "advisory/priority.h"
#include "cli/watch.h"
#include "cli/watch_dry_build.h"
#include "cli/watch_hosts.h"
#include "cli/watch_verdict.h"

namespace suture::cli {

struct KernelQuestion {
  SharedWatchOptions watch;
  std::string target;
  std::string store;
  std::string code;
  std::string newer;      ///< a target, or a source tree
  std::string changelog;  ///< of `newer`
  std::string fix;        ///< of one vulnerability only
  bool dry_build = false;
  HostsQuestion hosts;
};

/// --target, --store, --code, --newer, --changelog, and those of add_hosts_question().
void add_kernel_question(CLI::App& command, KernelQuestion& question);
/// --dry-build
void add_dry_build(CLI::App& command, KernelQuestion& question);

/// The kernel that is asked about, read as a whole. `store` tells what is known of the fixes of a newer one.
struct AskedKernel {
  TargetFacts facts;
  FixCode code;
  FleetReach fleet;
  std::optional<DryBuilder> builder{};  ///< when it is asked for
};
Result<AskedKernel> read_asked(const KernelQuestion& question, AdvisoryStore& store);

struct Judged {
  Finding finding;
  Priority priority;
  std::string title;
};
Json to_json(const Judged& judged);
Judged judge(const Advisory& advisory, const AskedKernel& kernel);
/// Asks the builder, and takes what it says into the finding and its priority.
void judge_by_build(Judged& judged, const Advisory& advisory, const AskedKernel& kernel, Progress& progress);
/// All that are about the kernel: affected first, of these the most urgent. The builder is asked of those
/// that are affected.
Result<std::vector<Judged>> judge_all(AdvisoryStore& store, AdvisoryFilter filter, const AskedKernel& kernel);

using StandingCounts = std::array<std::size_t, 4>;  ///< by Standing
StandingCounts count_standings(const std::vector<Judged>& all);

}  // namespace suture::cli
