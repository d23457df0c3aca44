// SPDX-License-Identifier: Apache-2.0
//
// The verdict on each vulnerability for the kernel that runs here, from all that this host knows by itself:
// what is in the kernel, what the channel had when the agent last looked, what the builder of a level found
// in the kernel's source, and the distribution's changelog. No network, and no rights: any user may ask.
//
//   HostKnowledge known = TRY(gather_knowledge(config, engine));
//   known.changelog = read_kernel_changelog({}, release);   // unpacks a file: not for the daemon
//   for (const CveVerdict& verdict : verdicts(known)) …
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config.h"
#include "agent/kernel_changelog.h"
#include "engine/engine.h"
#include "patchset/verdict.h"
#include "repository/catalog.h"

namespace suture {

/// What a level says about vulnerabilities.
struct LevelClaims {
  std::uint32_t level = 0;
  std::optional<std::string> withdrawn{};       ///< why, if it was
  std::set<std::string, std::less<>> closes{};  ///< CVEs that the kernel needs it for
  /// CVEs whose fix the kernel's source has, and those whose code it lacks: the builder's words, or none.
  std::map<std::string, std::string, std::less<>> fixed{};
  std::map<std::string, std::string, std::less<>> unaffected{};
  bool operator==(const LevelClaims&) const = default;
};

LevelClaims claims_of(const Patchset& patchset);
LevelClaims claims_of(const AvailablePatchset& patchset);

struct HostKnowledge {
  RunningKernel kernel{};
  std::uint32_t applied = 0;          ///< the level in the kernel, 0 for none
  bool transition = false;            ///< and not all tasks run it yet
  std::string waits{};                ///< why the newest level is not applied, if the policy says so
  std::vector<LevelClaims> levels{};  ///< rising
  std::optional<KernelChangelog> changelog{};
};

/// Without the changelog.
Result<HostKnowledge> gather_knowledge(const AgentConfig& config, const Engine& engine);

CveVerdict verdict_of(const HostKnowledge& known, const std::string& cve);
/// Of every CVE that anything known here names, sorted by id.
std::vector<CveVerdict> verdicts(const HostKnowledge& known);

}  // namespace suture
