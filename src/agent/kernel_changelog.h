// SPDX-License-Identifier: Apache-2.0
//
// Which vulnerabilities the distribution says it has closed in the kernel that was booted: its package's
// changelog names them. A newer package may be installed than was booted, so only entries at or below the
// version that runs count.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/debian_changelog.h"
#include "base/error.h"
#include "base/file.h"

namespace suture {

struct KernelChangelog {
  std::string source{};   ///< for people: a file, or "rpm's changelog of kernel-core-5.14.0-1.x86_64"
  std::string version{};  ///< of the package that was booted, as the distribution writes it
  /// By CVE id, the version of the lowest entry that names it.
  ClosedCves named{};
  bool operator==(const KernelChangelog&) const = default;
};

struct ChangelogPlaces {
  std::filesystem::path proc = "/proc";
  std::filesystem::path documentation = "/usr/share/doc";
};

/// Nothing where there is no changelog, or none that knows the version that runs: it is one of several
/// sources, and without it more is unknown.
std::optional<KernelChangelog> read_kernel_changelog(const ChangelogPlaces& places,
                                                     const std::string& release);

/// "6.1.170-3" of "Linux version 6.1.0-47-cloud-amd64 (…) #1 SMP PREEMPT_DYNAMIC Debian 6.1.170-3 (…)".
std::optional<std::string> debian_version_of(std::string_view proc_version);

/// A changelog as in deb-changelog(5). Nothing when no entry is of `version`.
std::optional<KernelChangelog> parse_debian_changelog(std::string_view text, std::string_view version);

/// As `rpm -q --changelog` prints it, of a package that is the very one that was booted.
KernelChangelog parse_rpm_changelog(std::string_view text);

/// What gzip(1) packed, up to `limit` bytes of it. "agent.changelog".
Result<std::string> gunzip(ByteView packed, std::size_t limit);

}  // namespace suture
