// SPDX-License-Identifier: Apache-2.0
//
// Archives of Debian packages. Nothing is installed: packages are looked up, and fetched as files. apt checks
// them against the archive's signature.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
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

/// A file that a source package is made of.
struct AptFile {
  std::string url;
  std::string name;
  std::string hash;  ///< "SHA256:0a1b…", from the archive's signed list
};

/// Reads what `apt-get source --print-uris` prints: "'URL' NAME SIZE HASH", a line each.
std::vector<AptFile> parse_apt_uris(std::string_view text);

/// Some archives, and the lists of what they hold.
class Apt {
 public:
  /// Those which this machine's apt is configured for.
  Apt() = default;
  /// Those of this `sources.list`. Their lists are kept in `folder`, apart from the machine's own, so nobody
  /// need be root to fetch them.
  static Result<Apt> with_sources(const std::filesystem::path& folder, const std::string& sources);

  /// All versions of these packages, by name, then in ascending order of version. Unknown names have no
  /// entry.
  Result<std::map<std::string, std::vector<AptPackage>>> show(const std::vector<std::string>& names) const;
  /// All names that begin so.
  Result<std::vector<std::string>> names(const std::string& prefix) const;

  /// The files of one version of a source package; needs archives with deb-src lines. "target.version-gone".
  Result<std::vector<AptFile>> source_files(const std::string& package, const std::string& version) const;
  Result<std::filesystem::path> download(const AptFile& file, const std::filesystem::path& folder) const;

  /// Whether lists of its own were fetched within that time; the machine's are its administrator's business.
  bool fetched_within(std::chrono::hours time) const;
  /// Fetches the lists anew. Of the machine's own only root may.
  Result<void> update() const;

  /// Fetches the files into a folder; yields their paths in the order asked for. "target.no-network",
  /// "target.disk-full", "target.download-failed".
  Result<std::vector<std::filesystem::path>> download(const std::vector<AptPackage>& packages,
                                                      const std::filesystem::path& folder,
                                                      Progress& progress) const;

 private:
  Command command(std::vector<std::string> argv) const;
  std::filesystem::path stamp() const;

  std::filesystem::path folder_;      ///< of lists of its own; empty: the machine's
  std::vector<std::string> options_;  ///< for each call
};

/// How this machine's apt fetches, as lines of apt.conf(5): proxies, and whether lists may be old.
Result<std::vector<std::string>> apt_fetch_options();

/// Where apt gets an archive from.
struct AptSite {
  std::string url;
  std::string suite;  ///< "bookworm-security"
};
/// As this machine's apt is configured.
Result<std::vector<AptSite>> apt_sites();

/// Unpacks a .deb's files into a folder.
Result<void> unpack_deb(const std::filesystem::path& deb, const std::filesystem::path& folder);

/// What a failed fetch or unpack most likely means, from the words of the tool that failed.
Error explain_failure(Error error);

}  // namespace suture
