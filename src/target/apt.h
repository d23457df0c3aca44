// SPDX-License-Identifier: Apache-2.0
//
// The archives which this machine's apt is configured for. Nothing is installed: packages are looked up, and
// fetched as files. apt checks them against the archive's signature.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/terminal.h"

namespace suture {

/// One version of a package in the archive.
struct AptPackage {
  std::string name;
  std::string version;
  std::string depends;               ///< as in the archive's list
  std::uint64_t size = 0;            ///< of the .deb, in bytes
  std::uint64_t installed_size = 0;  ///< in bytes
};

/// Reads what `apt-cache show` prints. Entries which cannot be downloaded (installed, but in no archive) and
/// broken ones are left out.
std::vector<AptPackage> parse_apt_packages(std::string_view text);

/// All versions of these packages, by name, then in ascending order of version. Unknown names have no entry.
Result<std::map<std::string, std::vector<AptPackage>>> apt_show(const std::vector<std::string>& names);

/// All names that begin so.
Result<std::vector<std::string>> apt_names(const std::string& prefix);

/// Fetches the archive's lists anew. Only root may.
Result<void> apt_update();

/// Fetches the files into a folder; yields their paths in the order asked for. "target.no-network",
/// "target.disk-full", "target.download-failed".
Result<std::vector<std::filesystem::path>> apt_download(const std::vector<AptPackage>& packages,
                                                        const std::filesystem::path& folder,
                                                        Progress& progress);

/// Unpacks a .deb's files into a folder.
Result<void> unpack_deb(const std::filesystem::path& deb, const std::filesystem::path& folder);

/// What a failed fetch or unpack most likely means, from the words of the tool that failed.
Error explain_failure(Error error);

}  // namespace suture
