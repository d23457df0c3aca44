// SPDX-License-Identifier: Apache-2.0
//
// Whether what is installed has a hole, by what sources say of versions. Nobody here looks at source code:
// where sources contradict each other, the answer is under_investigation, with both in words.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "advisory/advisory.h"
#include "advisory/finding.h"
#include "audit/installed_distribution.h"
#include "audit/package_list.h"

namespace suture {

struct Judgement {
  Standing standing = Standing::kUnderInvestigation;
  std::string fixed{};            ///< the lowest with which all agree that it is closed; empty: none
  std::string reason{};           ///< one sentence
  std::vector<std::string> by{};  ///< sources that say so
};

/// Nothing when no source speaks of that package in that distribution.
std::optional<Judgement> judge_package(const Advisory& advisory, const InstalledPackage& package,
                                       PackageKind kind, const InstalledDistribution& distribution);

/// A copy of a library, of a version of upstream's. What distributions say of their packages is about patched
/// versions, so it can raise the question, and not answer it. Nothing too when they have the fix in an older
/// version than this copy.
std::optional<Judgement> judge_copy(const Advisory& advisory, std::span<const std::string> names,
                                    std::string_view version, const InstalledDistribution& distribution);

/// The kernel's source package is called so whatever signed its images: "linux-signed-amd64" (6.1.170+3) is
/// "linux" (6.1.170-3).
InstalledPackage with_plain_source(InstalledPackage package);

/// "3.0.11" of "1:3.0.11+dfsg-1~deb12u2".
std::string upstream_version(std::string_view version);

struct Urgency {
  double score = 0;  ///< CVSS, the highest that is told; 0: none
  double epss = 0;
  bool exploited = false;  ///< it was seen
};
Urgency urgency_of(const Advisory& advisory);

}  // namespace suture
