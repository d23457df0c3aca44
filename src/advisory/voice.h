// SPDX-License-Identifier: Apache-2.0
//
// What one source says of one vulnerability. Several speak of the same one, each of a part of it, and they
// may contradict each other: so what they say is kept apart, and put together only to be looked at
// (advisory.h).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json_fwd.h"

namespace suture {

/// How the versions of a range are ordered.
enum class VersionOrder : std::uint8_t {
  kKernel,  ///< of kernel.org: 6.1.170, 7.1-rc1; "0" is before all
  kGit,     ///< commits, 40 hexadecimal digits: only history tells which comes first
  kDebian,  ///< Debian Policy 5.6.12
  kRpm,     ///< [epoch:]version-release
  kOther,   ///< of an ecosystem that is not known here: equality only
};

/// Versions of one product, in one of the ways in which sources write them.
struct AffectedRange {
  VersionOrder order = VersionOrder::kOther;
  bool affected = true;      ///< false: a range that is not, within a default of being affected
  std::string introduced{};  ///< the first version; empty: from the beginning
  std::string fixed{};       ///< the first that is not in the range any more; empty: see `last`
  std::string last{};        ///< the last that is; "6.6.*": of that series; "*" and empty: there is no end
  bool operator==(const AffectedRange&) const = default;
};

/// One package, or the kernel itself, and where it has the hole.
struct AffectedProduct {
  std::string ecosystem{};  ///< "kernel.org", "Debian:12", "Debian:bookworm", "Red Hat", "SUSE", … as the
                            ///< source writes it
  std::string name{};       ///< "Linux", "linux", "openssl", "kernel-default"
  bool affected_by_default = false;  ///< of versions that no range is about
  std::vector<AffectedRange> ranges{};
  /// What the source itself concludes, where it does: "affected", "fixed", "not_affected",
  /// "under_investigation".
  std::string status{};
  std::string justification{};  ///< of not_affected, as VEX has it, or the source's own words
  bool operator==(const AffectedProduct&) const = default;
};

struct Cvss {
  std::string vector{};  ///< "CVSS:3.1/AV:L/…"
  double score = 0;      ///< 0 to 10
  bool operator==(const Cvss&) const = default;
};

struct Epss {
  double probability = 0;  ///< of being exploited within 30 days: 0 to 1
  double percentile = 0;   ///< 0 to 1
  bool operator==(const Epss&) const = default;
};

/// Exploitation was seen: an entry of CISA's catalogue.
struct KnownExploited {
  std::string added{};  ///< date
  std::string due{};    ///< date
  std::string action{};
  bool ransomware = false;
  bool operator==(const KnownExploited&) const = default;
};

struct Voice {
  std::string cve{};       ///< "CVE-2026-46234"
  std::string record{};    ///< what it is called there: the CVE id, "DSA-5950-1", "linux 6.1.187-1"
  std::string modified{};  ///< RFC 3339; empty where the source does not say
  bool withdrawn = false;
  std::string title{};
  std::string description{};
  std::vector<std::string> files{};        ///< in the kernel's tree: "net/rxrpc/conn_event.c"
  std::vector<std::string> fix_commits{};  ///< 40 hexadecimal digits
  std::vector<AffectedProduct> products{};
  std::optional<Cvss> cvss{};
  std::optional<Epss> epss{};
  std::optional<KnownExploited> exploited{};
  std::vector<std::string> references{};  ///< URLs
  bool operator==(const Voice&) const = default;
};

/// "kernel", "git", "debian", "rpm", "other"
std::string_view name_of(VersionOrder order);

Json to_json(const Voice& voice);
/// "advisory.schema"
Result<Voice> voice_from_json(const Json& json);

}  // namespace suture
