// SPDX-License-Identifier: Apache-2.0
//
// All that /metrics tells: what this server counts, how it is, and what the database says of the fleet.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/time.h"
#include "server/fleet/knowledge_board.h"
#include "server/fleet/wake.h"
#include "server/notify/counters.h"
#include "server/notify/fleet_gauges.h"

namespace suture::server {

class Metrics {
 public:
  /// What is there to be asked; each may be missing.
  struct Sources {
    const WakeBoard* board = nullptr;
    const KnowledgeBoard* knowledge = nullptr;
    std::function<suture::Time()> certificate_end{};
    std::filesystem::path timestamp{};  ///< the repository's metadata/timestamp.json
  };

  Metrics(FleetGauges fleet, Sources sources)
      : fleet_(std::move(fleet)), sources_(std::move(sources)), started_(wall_clock()) {}

  Counters& counters() { return counters_; }
  /// A database that fails leaves out what it would say, and is told of.
  std::string text(Store::Time now);

 private:
  void add_process(MetricsText& text) const;

  Counters counters_;
  FleetGauges fleet_;
  Sources sources_;
  suture::Time started_;
};

/// When a repository's metadata run out; nothing when they are not there, or none.
std::optional<suture::Time> metadata_end(const std::filesystem::path& timestamp);

}  // namespace suture::server
