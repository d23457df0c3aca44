// SPDX-License-Identifier: Apache-2.0
//
// A changelog as in deb-changelog(5), newest entry first: the lines that tell its entries apart, and which
// vulnerabilities they name.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace suture {

struct DebianChangelogHead {
  std::string_view package{};
  std::string_view version{};
  std::string_view distribution{};  ///< the first of several: "bookworm-security"
};

/// "linux (6.1.170-2) bookworm-security; urgency=high". Nothing for any other line.
std::optional<DebianChangelogHead> read_debian_head(std::string_view line);

/// Is it the entry of that version? The package linux-signed-* writes 6.1.170+3 for what it signed of linux
/// 6.1.170-3.
bool is_entry_of(const DebianChangelogHead& head, std::string_view version);

/// By CVE id, the version of the lowest entry that names it.
using ClosedCves = std::map<std::string, std::string, std::less<>>;

/// Of the entries at or below that of `version`. Nothing when there is no such entry.
std::optional<ClosedCves> cves_closed_in(std::string_view changelog, std::string_view version);

/// A name or version: letters, digits and the signs that deb-version(7) and rpm-version(7) know; at most 128.
bool is_package_word(std::string_view text);

}  // namespace suture
