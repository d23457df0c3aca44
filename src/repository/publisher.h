// SPDX-License-Identifier: Apache-2.0
//
// Making a repository, its channels, and putting patchsets into them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "repository/owned.h"

namespace suture {

struct NewRepository {
  std::vector<std::string> channels = {"canary", "testing", "stable"};
  std::vector<std::string> distributions = {"debian"};
  unsigned bins = 16;  ///< a power of two up to 4096; a host reads one of them: 64 do for 10,000 kernels
};

/// Makes the repository, and those keys that are not there yet: root, targets, snapshot, timestamp, log, one
/// for each channel, and a qualifier's with the policy that names it (policy.h). Returns the new key files.
Result<std::vector<std::filesystem::path>> init_repository(const PublisherContext& context,
                                                           const NewRepository& wanted = {});

/// Delegates a channel for a distribution to the keys that it has for others; else to the key of the
/// channel's name, which is made if it is not there. Needs the targets key.
Result<Committed> add_channel(const PublisherContext& context, const Stream& stream);

struct Published {
  AvailablePatchset patchset{};
  Committed committed{};
};

/// Adds what `folder` holds (patchset.json and its module). Refuses a module that is not the manifest's, and
/// a level that is not above the channel's last one for that kernel, and one that the policy does not let
/// pass (good_statement()). `unqualified`: why it is to be published without that; the reason is signed with
/// the channel's key, published beside it and written into `folder`. Needs the keys of channel, log, snapshot
/// and timestamp.
Result<Published> publish_patchset(const PublisherContext& context, const std::filesystem::path& folder,
                                   const std::string& channel, const std::string& unqualified = {});

struct RoleState {
  std::string role{};
  std::int64_t version = 0;
  Time expires{};
  std::int64_t threshold = 1;
  std::vector<std::string> key_ids{};
};

struct RepositoryState {
  std::vector<RoleState> roles{};  ///< the top-level ones, the log and channels; a channel's bins count once
  std::vector<AvailablePatchset> patchsets{};
  LogHead log{};
};

/// Needs no keys.
Result<RepositoryState> read_repository(const std::filesystem::path& repository);

}  // namespace suture
