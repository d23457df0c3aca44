// SPDX-License-Identifier: Apache-2.0
//
// Which version of a package was there when a process began: dpkg writes down each upgrade (dpkg(1), --log),
// and so does DNF in dnf.rpm.log. What is old or large of them is put aside, compressed or not. From what a
// process has mapped alone, the version cannot be told, since the file of old is gone.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/package_list.h"
#include "audit/root_folder.h"

namespace suture {

struct PackageUpgrade {
  std::int64_t time = 0;  ///< seconds since 1970
  std::string from{};
  std::string to{};
  bool operator==(const PackageUpgrade&) const = default;
};

/// By the package's name, oldest first. Other lines, and ones that make no sense, are passed over.
using PackageLog = std::map<std::string, std::vector<PackageUpgrade>, std::less<>>;
PackageLog parse_dpkg_log(std::string_view text);

/// Of DNF's, what a line calls "Upgraded:" is what was replaced; by what, another tells, and `to` is empty.
PackageLog parse_dnf_log(std::string_view text);

/// What the log and those put aside tell of the time from `since` on: no older ones are opened than reach
/// back to it, and of absurdly many or large ones, the newest count. There may be none.
PackageLog read_package_log(const RootFolder& root, PackageKind kind, std::int64_t since);

/// Of the files in /var/log those that are `log`, newest first: "dpkg.log", "dpkg.log.1", "dpkg.log.2.gz",
/// or by their dates, "dpkg.log-20261101.gz".
std::vector<std::string> package_logs(const std::vector<std::string>& names,
                                      std::string_view log = "dpkg.log");

/// The version that the first upgrade after `time` replaced; nothing where there was none.
std::optional<std::string> version_at(const PackageLog& log, std::string_view package, std::int64_t time);

}  // namespace suture
