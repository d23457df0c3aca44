// SPDX-License-Identifier: Apache-2.0
//
// Copies of a repository that nobody has to trust: each file is verified before it is kept, and a copy never
// goes back. From a server, from a folder, or from an archive that was carried into an isolated network.
#pragma once

#include <filesystem>
#include <string>

#include "repository/walk.h"

namespace suture {

struct MirrorReport {
  WalkReport walk{};
  std::uint64_t written = 0;  ///< files that were not there yet
};

/// Makes `folder` what `source` is, without ever showing a half-made state. `initial_root` is needed for a
/// new copy only. What has no use any more stays: clients may be in the midst of it; collect_garbage().
Result<MirrorReport> mirror_repository(Fetcher& source, const std::filesystem::path& folder,
                                       const std::filesystem::path& initial_root, Time now,
                                       const WalkProgress& progress = {});

/// The whole repository, verified as a host would that has `initial_root` and nothing else.
Result<WalkReport> verify_repository(Fetcher& source, const std::filesystem::path& initial_root, Time now,
                                     const WalkProgress& progress = {});

struct Garbage {
  std::vector<std::string> files{};  ///< below the repository
  std::uint64_t bytes = 0;
};

/// What a repository in a folder no longer names, and was not written within `grace`: hosts may be reading
/// what the last timestamp named. `remove`: delete it, too.
Result<Garbage> collect_garbage(const std::filesystem::path& folder, std::chrono::seconds grace, bool remove);

}  // namespace suture
