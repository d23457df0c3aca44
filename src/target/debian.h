// SPDX-License-Identifier: Apache-2.0
//
// Debian's kernels, of any of its releases, from the servers that this machine's apt knows.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "target/apt.h"
#include "target/distribution.h"

namespace suture {

/// Lists of releases beside the configured ones are kept below `lists`.
std::unique_ptr<Distribution> make_debian(std::filesystem::path lists);

/// All versions of a package, ascending; empty when there is none of that name.
using PackageLookup = std::function<Result<std::vector<AptPackage>>(const std::string& name)>;

/// The packages that make up one kernel. `version` empty: the newest.
struct DebianPackages {
  AptPackage image;  ///< signed, or the unsigned one where no other is left: same code
  std::vector<AptPackage>
      parts;           ///< what the image package only depends on since 7.2: kernel, modules, changelog
  AptPackage headers;  ///< of the flavour
  AptPackage common_headers;  ///< of all flavours
  AptPackage kbuild;          ///< at least as new as the headers ask for
  AptPackage source;          ///< exactly of the image's version
};

/// "target.unknown" when there is no such kernel, "target.version-gone" when a part of it has left the
/// archive.
Result<DebianPackages> choose_debian_packages(const std::string& release, const std::string& version,
                                              const PackageLookup& lookup);

/// The releases among these package names: real kernels, not debug symbols, templates or meta packages.
std::vector<std::string> debian_releases(const std::vector<std::string>& package_names);

/// One alternative of a Depends field: "linux-kbuild-6.1 (>= 6.1.170-3)".
struct DebianDependency {
  std::string name;
  std::string relation;  ///< "=", ">=", …; empty: any version
  std::string version;
};
std::vector<DebianDependency> parse_debian_depends(std::string_view depends);

}  // namespace suture
