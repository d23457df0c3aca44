// SPDX-License-Identifier: Apache-2.0
//
// A whole repository, file by file, each verified before it is handed on: what an owner's check, a mirror,
// an archive and an audit have in common. Nobody on the way is trusted.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "repository/client.h"

namespace suture {

/// Called with each file's path below the repository. The order is that in which a repository must be
/// written: whatever a file names comes before it, and metadata/timestamp.json is the last.
using FileSink = std::function<Result<void>(const std::string& path, ByteView bytes)>;

struct WalkReport {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::vector<AvailablePatchset> patchsets{};
  std::optional<LogHead> log{};
  std::vector<std::string> log_entries{};  ///< all, by index
  std::uint64_t unlisted = 0;              ///< logged, and in no catalog any more
};

/// Progress for people: files so far, and the path of this one.
using WalkProgress = std::function<void(std::uint64_t files, const std::string& path)>;

/// `client` has been refreshed from `fetcher`. Follows every delegation, reads every catalog, payload and log
/// entry, recomputes the log's tree, and checks that each publication and withdrawal is in it.
Result<WalkReport> walk_repository(RepositoryClient& client, Fetcher& fetcher, const FileSink& sink,
                                   const WalkProgress& progress = {});

/// Whether the log that had this head has only grown since; for heads that hosts report.
Result<void> check_older_head(Fetcher& fetcher, const LogHead& older, const LogHead& head);

}  // namespace suture
