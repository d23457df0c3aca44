// SPDX-License-Identifier: Apache-2.0
//
// Debian's releases beside the one that this machine runs. A fleet's kernels come from several, and so do the
// compilers which built them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "target/apt.h"

namespace suture {

/// One release of Debian with its updates and backports; or what this machine's apt is configured for.
struct DebianSuites {
  std::string codename;  ///< "trixie"; empty: as apt is configured
  std::string sources;   ///< text of a sources.list
  Apt apt;

  std::string text() const { return codename.empty() ? "the configured archives" : codename; }
};

/// First the archives that apt is configured for, then each release whose kernels Debian maintains, from the
/// same servers. Lists are kept below `folder`.
Result<std::vector<DebianSuites>> debian_suites(const std::filesystem::path& folder);

/// The text of a sources.list for one release; empty when no server for Debian is among the sites.
std::string debian_sources(const std::vector<AptSite>& sites, const std::string& codename);

}  // namespace suture
