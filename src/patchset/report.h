// SPDX-License-Identifier: Apache-2.0
//
// What a host tells the server about itself: which kernel runs, what is applied to it, and what went wrong
// last. The agent writes it, the server reads it from hands that it does not trust.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json_fwd.h"
#include "patchset/host_modules.h"

namespace suture {

enum class HostState {
  kUnpatched,    ///< nothing was ever applied, or the repository has nothing for this kernel
  kApplied,      ///< `level` is in the running kernel
  kReverted,     ///< an administrator took the patchset back; it stays away until the next explicit update
  kFailed,       ///< the last attempt failed, see `error`; `level` still tells what is applied
  kUnsupported,  ///< this kernel cannot be live patched
};

struct ReportedError {
  std::string code;
  std::string message;
  bool operator==(const ReportedError&) const = default;
};

struct HostReport {
  std::string host_id;  ///< 32 lower-case hexadecimal digits
  std::string hostname;
  std::string agent;    ///< "sutured 0.1.0"
  std::string boot_id;  ///< lower-case UUID, as /proc/sys/kernel/random/boot_id
  std::uint64_t uptime_seconds = 0;
  std::string release;       ///< uname -r
  std::string architecture;  ///< uname -m
  std::string build_id;      ///< of the running kernel; empty when it has none
  HostState state = HostState::kUnpatched;
  std::uint32_t level = 0;  ///< applied now; 0: none
  std::string engine{};     ///< that holds it: "klp", "stopmachine"; empty: none, or an older agent
  bool transition = false;  ///< not every task runs it yet, or not every one has left it
  std::vector<std::uint32_t>
      quarantined{};      ///< levels that did harm here, and do not come back by themselves
  bool rollouts = false;  ///< it does what the server's plans say (patchset/plan.h)
  std::string channel;
  std::vector<std::string> cves;         ///< closed by what is applied now
  std::string changed_at;                ///< RFC 3339 in UTC; empty: never
  std::string checked_at;                ///< the last look at the repository; empty: never
  std::optional<ReportedError> error{};  ///< of the last attempt
  std::optional<HostModules> modules{};  ///< nothing: an older agent
  bool operator==(const HostReport&) const = default;
};

/// More levels in quarantine are no host's.
inline constexpr std::size_t kMostQuarantined = 256;

/// A report is small; a longer one is refused before it is parsed.
inline constexpr std::size_t kReportLimit = 64u << 10;
inline constexpr int kReportFormat = 1;

std::string_view name_of(HostState state);
Result<HostState> host_state_from_name(std::string_view name);

Json to_json(const HostReport& report);
/// The same on one line, as servers keep it: first checked_at and uptime_seconds, then all else by name.
std::string report_text(const HostReport& report);
/// Checks every field's form, length and range; "report.schema" names the one that is wrong. No text in an
/// accepted report holds control characters, other than line breaks and tabs in the error's message.
Result<HostReport> host_report_from_json(const Json& json);
Result<HostReport> parse_host_report(std::string_view text);

}  // namespace suture
