// SPDX-License-Identifier: Apache-2.0
//
// Reports of made-up hosts.
#pragma once

#include <fmt/format.h>

#include "base/json.h"
#include "patchset/report.h"

namespace suture::server {

inline std::string host_id(unsigned number) {
  return fmt::format("{:032x}", number);
}

inline HostReport report_of(unsigned number, HostState state = HostState::kApplied) {
  return {.host_id = host_id(number),
          .hostname = fmt::format("web{}", number),
          .agent = "sutured 0.1.0",
          .boot_id = "6f3c2f0e-0000-4000-8000-000000000000",
          .uptime_seconds = 123,
          .release = "6.1.0-47-cloud-amd64",
          .architecture = "x86_64",
          .build_id = "0123456789012345678901234567890123456789",
          .state = state,
          .level = state == HostState::kApplied ? 1u : 0u,
          .channel = "stable",
          .cves = state == HostState::kApplied ? std::vector<std::string>{"CVE-2026-53249"}
                                               : std::vector<std::string>{},
          .changed_at = "2026-11-24T10:00:00Z",
          .checked_at = "2026-11-24T10:00:00Z"};
}

inline std::string report_text(unsigned number, HostState state = HostState::kApplied) {
  return to_json(report_of(number, state)).dump();
}

}  // namespace suture::server
