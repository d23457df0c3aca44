// SPDX-License-Identifier: Apache-2.0
#include "scanner/scanned_host.h"

#include <fmt/format.h>

#include <algorithm>

namespace suture {

Result<void> has_verdicts(const ScannedHost& host) {
  if (!host.verdicts.empty()) return {};
  return fail("scanner.no-verdicts",
              "tell scanners of " + (host.hostname.empty() ? "this host" : host.hostname),
              "no vulnerability is known here that its kernel has, had or could have",
              "`suture check` asks the repository what there is.");
}

std::vector<CveVerdict> sorted_verdicts(const ScannedHost& host) {
  std::vector<CveVerdict> verdicts = host.verdicts;
  std::ranges::stable_sort(verdicts, {}, &CveVerdict::cve);
  const auto again = std::ranges::unique(verdicts, {}, &CveVerdict::cve);
  verdicts.erase(again.begin(), again.end());
  return verdicts;
}

std::string author_of(const ScannedHost& host) {
  if (!host.author.empty()) return host.author;
  return "administrator of " + (host.hostname.empty() ? "a host without a name" : host.hostname);
}

std::string kernel_title(const ScannedHost& host) {
  const std::string version = host.version.empty() ? "" : " " + host.version;
  const std::string level = host.level == 0 ? "" : fmt::format(" with Suture level {}", host.level);
  return fmt::format("Linux {}{} ({}){}", host.release, version, host.architecture, level);
}

std::string justification_of(const CveVerdict& verdict) {
  return verdict.justification.empty() ? "vulnerable_code_not_present" : verdict.justification;
}

std::string action_of(const CveVerdict& open) {
  if (open.level == 0) return "Build a live patch that closes it, or boot a kernel that has the fix.";
  return "Apply a live patch that closes it: " + (open.why.empty() ? "`suture update`" : open.why);
}

}  // namespace suture
