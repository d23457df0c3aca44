// SPDX-License-Identifier: Apache-2.0
//
// What a root has installed, by its package manager's own records, which are read as they lie there:
//   Debian   /var/lib/dpkg/status (deb-control(5)), or a file each in status.d, as small container images
//            have it; files of packages in info/*.list
//   RPM      its database, of which there are three forms (rpm_database.h); the oldest through rpm(8), of the
//            host alone
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "audit/root_folder.h"
#include "base/error.h"

namespace suture {

enum class PackageKind : std::uint8_t { kDebian, kRpm };

struct InstalledPackage {
  std::string name{};
  std::string architecture{};
  std::string version{};
  std::string source{};          ///< its source package; its own name where that is not said
  std::string source_version{};  ///< of that, which binary packages may number otherwise
  std::string vendor{};          ///< who built it; empty: not told, as with dpkg
  std::string stream{};          ///< of the module that it is of, "nodejs:18"; empty: of none, or not told
  bool operator==(const InstalledPackage&) const = default;
};

struct PackageList {
  PackageKind kind = PackageKind::kDebian;
  std::vector<InstalledPackage> packages{};  ///< by name
};

/// The installed ones of a status file; half-installed ones count, since their files are there. Paragraphs
/// without a name or version are passed over. "audit.packages" when there are absurdly many.
Result<std::vector<InstalledPackage>> parse_dpkg_status(std::string_view text);

/// As kRpmQuery prints them, one a line.
Result<std::vector<InstalledPackage>> parse_rpm_query(std::string_view text);
inline constexpr const char* kRpmQuery =
    "%{NAME}\\t%{ARCH}\\t%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\\t%{SOURCERPM}\\t%|VENDOR?{%{VENDOR}}|\\n";

/// "audit.packages" when the root has neither; "audit.packages-elsewhere" for an RPM database that is not the
/// host's, and of a form that only rpm(8) reads.
Result<PackageList> read_packages(const RootFolder& root, bool host);

/// All files that packages have brought, with the package's name in PackageList.
Result<void> for_each_file(const RootFolder& root, PackageKind kind,
                           const std::function<void(std::string_view path, std::string_view package)>& visit);

/// Which package each of `paths` belongs to, by the name in PackageList; absent: to none. /lib and /usr/lib
/// count as one, as most systems have them.
Result<std::map<std::string, std::string>> find_owners(const RootFolder& root, PackageKind kind,
                                                       const std::set<std::string>& paths);

/// The file's name without what merged /usr makes double.
std::string_view merged_name(std::string_view path);

}  // namespace suture
