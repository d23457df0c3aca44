// SPDX-License-Identifier: Apache-2.0
//
// The owner's side of a repository: a folder of static files which any web server can carry. Each operation
// holds the repository's lock, and shows itself to clients in one step, the rename of timestamp.json;
// killed before that, it has changed nothing that a client can see.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "repository/available.h"
#include "repository/metadata.h"

namespace suture {

/// For how long each document may be believed once it is signed.
struct Expiry {
  std::chrono::seconds root = std::chrono::days(365);
  std::chrono::seconds targets = std::chrono::days(90);
  std::chrono::seconds snapshot = std::chrono::days(7);
  std::chrono::seconds timestamp = std::chrono::days(1);
  std::chrono::seconds of(tuf::Role role) const;
};

/// What an owner's operation works with.
struct PublisherContext {
  std::filesystem::path repository;
  std::filesystem::path keys;  ///< folder with root.pem, targets.pem, snapshot.pem, timestamp.pem
  Expiry expiry;
  tuf::Time now;
};

struct RoleState {
  tuf::Role role;
  std::int64_t version;
  tuf::Time expires;
};

struct RepositoryState {
  std::vector<RoleState> roles;
  std::vector<AvailablePatchset> patchsets;
};

/// Makes the repository, and those keys that are not there yet, a qualifier's among them, with the policy
/// that names it (policy.h); returns the files of the new keys.
Result<std::vector<std::filesystem::path>> init_repository(const PublisherContext& context);

/// Adds what `folder` holds (patchset.json and its module). Refuses a module that is not the manifest's, and
/// a level that is not above the channel's last one for that kernel, and one that the policy does not let
/// pass (good_statement()). `unqualified`: why it is to be published without that; the reason is signed,
/// published beside it and written into `folder`. Needs all keys but root's.
Result<AvailablePatchset> publish_patchset(const PublisherContext& context,
                                           const std::filesystem::path& folder, const std::string& channel,
                                           const std::string& unqualified = {});

/// Signs snapshot and timestamp anew. So are targets and root in the last third of their time, if their keys
/// are there; returns the roles which need that and whose keys are not.
Result<std::vector<tuf::Role>> renew_repository(const PublisherContext& context);

Result<RepositoryState> read_repository(const std::filesystem::path& repository);

/// SOURCE_DATE_EPOCH when it is set, so that the same input gives the same bytes; else the clock.
Result<tuf::Time> publishing_time();

}  // namespace suture
