// SPDX-License-Identifier: Apache-2.0
//
// A root's packages as an audit goes through them: the binary packages of one source together, since
// advisories speak of sources and an update brings all of them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "audit/judge.h"
#include "audit/package_list.h"
#include "audit/root_folder.h"

namespace suture {

struct PackageGroup {
  std::string source{};
  std::string version{};  ///< of the source
  bool kernel = false;    ///< made of the kernel's source: images, headers
  std::vector<InstalledPackage> packages{};
  /// Under which advisories may speak of it: the source, then the binary packages.
  std::vector<std::string> names() const;
};

struct GroupedPackages {
  std::vector<PackageGroup> groups{};
  std::map<std::string, std::size_t, std::less<>> by_binary{};
  /// Null when there is no such binary package.
  const PackageGroup* of_binary(std::string_view name) const;
};

GroupedPackages group_packages(const PackageList& list);

struct KernelPackages {
  InstalledPackage running{};  ///< whose image has that release; without a name: none
  std::string newest{};        ///< source version of the newest image that is installed
};
KernelPackages kernel_packages(const GroupedPackages& packages, PackageKind kind, const std::string& release);

/// A file of some package.
struct PackagedFile {
  std::string path{};
  std::string package{};
};
/// Those whose names, without folders, are among `names`.
Result<std::vector<PackagedFile>> find_named(const RootFolder& root, PackageKind kind,
                                             const std::set<std::string>& names);

/// Empty where there is none.
std::string build_id_of_file(const RootFolder& root, const std::string& path);

}  // namespace suture
