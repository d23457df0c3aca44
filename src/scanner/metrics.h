// SPDX-License-Identifier: Apache-2.0
//
// A host's state in the text format 0.0.4 of Prometheus, as its endpoint and node_exporter's textfile
// collector take it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json_fwd.h"
#include "patchset/report.h"

namespace suture {

struct HostMetrics {
  HostReport report{};
  std::uint32_t newest = 0;  ///< the level that the channel had for this host at the last check
  bool transition = false;
  std::optional<std::uint32_t>
      plan{};                   ///< the highest level that a rollout lets it have; nothing: none steers it
  std::size_t quarantined = 0;  ///< levels that only an administrator brings back
  std::string version{};        ///< of Suture
};

std::string metrics_text(const HostMetrics& metrics);

/// The same for programs that do not read that format: the metrics' names without "suture_".
Json to_json(const HostMetrics& metrics);

/// Seconds since 1970 of "2026-11-24T10:00:00Z"; 0 for all other texts.
std::int64_t unix_seconds(std::string_view rfc3339);

}  // namespace suture
