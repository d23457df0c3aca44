// SPDX-License-Identifier: Apache-2.0
//
// Whether a host is safe, for people; and which vulnerabilities are closed on it. Pure: what the repository
// offers and verdicts say on one side, what a host last reported on the other. Hosts with one kernel, channel
// and level are alike, so a fleet is judged by as many judgements as there are such kinds.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "patchset/report.h"
#include "server/fleet/targets.h"
#include "server/fleet/verdicts.h"

namespace suture::server {

/// One state of the world outside of the database; never changed once it is there.
struct Knowledge {
  Targets targets{};
  Verdicts verdicts{};
  /// Of each kernel and channel, what is not settled by the kernel alone: what may be open on a host. Without
  /// a channel: of kernels that only verdicts know. Verdicts speak of thousands, and few of them matter.
  std::map<TargetKey, std::vector<std::string>> holes{};
};

/// Fills `holes` in.
void find_holes(Knowledge& knowledge);

/// What hosts have in common that decides.
struct HostKind {
  std::string build_id{};
  std::string channel{};
  std::uint32_t level = 0;
  HostState state = HostState::kUnpatched;
  bool silent = false;
  bool operator==(const HostKind&) const = default;
};

enum class Exposure {
  kSafe,     ///< heard of lately, its kernel is in the repository, and no known fix is missing
  kExposed,  ///< a level closes what is open on it, or a verdict says that its kernel is affected
  kUnknown,  ///< silent, cannot be patched, or nothing is known of its kernel or its level
};
std::string_view name_of(Exposure exposure);

Exposure exposure_of(const Knowledge& knowledge, const HostKind& kind);

/// How a vulnerability stands on a host.
enum class CveStatus {
  kOpen,                ///< a level that closes it is there, and not applied
  kAffected,            ///< a verdict says so, and no level closes it
  kUnderInvestigation,  ///< nobody has said yet
  kClosed,              ///< by what is applied
  kFixed,               ///< the kernel's own source has the fix
  kNotAffected,
  kUnknown,  ///< the host is silent, cannot be patched, or has a level that the repository does not know
};
std::string_view name_of(CveStatus status);
/// "request.parameter".
Result<CveStatus> cve_status_from_name(std::string_view name);

struct CveAnswer {
  CveStatus status = CveStatus::kUnknown;
  std::uint32_t level = 0;      ///< the lowest that closes it; 0: none
  std::string why{};            ///< of a verdict
  std::string justification{};  ///< of kNotAffected, as VEX has it
};

/// Nothing when neither the catalog of the kernel nor a verdict speaks of it.
std::optional<CveAnswer> status_of(const Knowledge& knowledge, const HostKind& kind, const std::string& cve);
/// Those of the host's kernel, in the order of their names.
const std::vector<std::string>& holes_of(const Knowledge& knowledge, const HostKind& kind);
/// All that speaks of this kernel, in the order of the names.
std::vector<std::string> cves_of(const Knowledge& knowledge, const HostKind& kind);

}  // namespace suture::server
