// SPDX-License-Identifier: Apache-2.0
//
// Brings the store up to date with the sources: what has changed there is read, what is gone is forgotten.
// A sync that finds nothing new writes nothing of what sources say; one that was killed goes on where it was.
// A source that fails does not keep the others back.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "advisory/advisory_store.h"
#include "advisory/advisory_writer.h"
#include "advisory/watch_config.h"
#include "base/json_fwd.h"

namespace suture {

struct SourceReport {
  std::string name{};
  std::size_t documents = 0;  ///< that the place has
  std::size_t read = 0;       ///< of them
  std::size_t gone = 0;
  std::uint64_t bytes = 0;
  WrittenRecords records{};
  std::optional<Error> problem{};
};

/// Documents done of those to be read.
using SyncProgress = std::function<void(const std::string& source, std::size_t done, std::size_t total)>;

/// The error is one of the store, or of who else writes it; what is wrong with the source is in the report.
Result<SourceReport> sync_source(AdvisoryStore& store, const WatchConfig& config, const WatchSource& source,
                                 Time now, const SyncProgress& progress = {});

struct SyncReport {
  std::vector<SourceReport> sources{};
  std::vector<std::string> forgotten{};  ///< the configuration does not name them any longer
};

/// `names`: only those; empty: all, and those that are not configured any longer are forgotten.
/// "watch.unknown-source" for a name that the configuration does not have. Syncs of one store take turns.
Result<SyncReport> sync(AdvisoryStore& store, const WatchConfig& config,
                        const std::vector<std::string>& names, Time now, const SyncProgress& progress = {});

/// Which are to be read again by now, by their `every`; and how long until the next is.
struct DueSources {
  std::vector<std::string> names{};
  std::chrono::seconds next{0};
};
Result<DueSources> due_sources(AdvisoryStore& store, const WatchConfig& config, Time now);

Json to_json(const SourceReport& report);

}  // namespace suture
