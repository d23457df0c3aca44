// SPDX-License-Identifier: Apache-2.0
//
// Which distribution a root is of (os-release(5)), and whether what a source says of an ecosystem is about
// it.
#pragma once

#include <string>
#include <string_view>

#include "advisory/voice.h"

namespace suture {

struct InstalledDistribution {
  std::string id{};        ///< "debian", "rhel", "sles"
  std::string like{};      ///< ID_LIKE
  std::string version{};   ///< "12", "9.4", "15.5"
  std::string codename{};  ///< "bookworm"
  std::string name{};      ///< for people: "Debian GNU/Linux 12 (bookworm)"
  bool operator==(const InstalledDistribution&) const = default;
};

InstalledDistribution parse_os_release(std::string_view text);

/// "Debian:12" and "Debian:bookworm" are about Debian 12, "Debian" about any release.
///   Debian, Ubuntu             by number or codename; not Ubuntu's Pro
///   Red Hat, Alma, Rocky       by major number: "AlmaLinux:9", "Red Hat:enterprise_linux:9::baseos", "Red
///   Hat
///                              Enterprise Linux BaseOS (v. 9)"; and by minor number where one is named, as
///                              for extended support: "Red Hat Enterprise Linux AppStream EUS (v.9.2)"
///   SUSE, openSUSE             by number and service pack: "SUSE:Linux Enterprise Server 15 SP5", "SUSE
///   Linux
///                              Enterprise Micro 5.5", "openSUSE Leap 15.6", "openSUSE:Tumbleweed"
/// "Red Hat" and "SUSE" alone name no release: of those, the first counts, and the versions' "el9" decides.
bool is_about(std::string_view ecosystem, const InstalledDistribution& distribution);

/// Whether that is one of Red Hat's which names a minor release.
bool names_minor_release(std::string_view ecosystem);

/// Whether packages which `vendor` has built are the distribution's own. So are those of nobody, and all
/// where it is not known who builds it.
bool is_vendor_of(std::string_view vendor, const InstalledDistribution& distribution);

/// Whether a version can be of this release at all: "3.0.7-24.el9" is not of release 8.
bool is_version_of(std::string_view version, const InstalledDistribution& distribution);

/// Whether an ecosystem is a distribution's at all, and not upstream's own.
bool is_distribution(std::string_view ecosystem);

}  // namespace suture
