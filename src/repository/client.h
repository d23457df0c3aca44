// SPDX-License-Identifier: Apache-2.0
//
// A host's view of a repository: follows the TUF client workflow, and hands out patchsets that the
// repository's owner signed. The state folder keeps what is trusted (root.json, timestamp.json,
// snapshot.json, targets.json); each file is replaced in one step, and a damaged one is fetched again.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "repository/available.h"
#include "repository/fetcher.h"
#include "repository/verifier.h"

namespace suture {

class RepositoryClient {
 public:
  /// `state` holds root.json, put there by the administrator; when it is not there, or damaged, trust starts
  /// from the file `initial_root`. `fetcher` must outlive the client.
  static Result<RepositoryClient> open(std::filesystem::path state, Fetcher& fetcher,
                                       const std::filesystem::path& initial_root = {});

  /// The update workflow of the specification, 5.3 to 5.6. What was accepted before an error stays.
  Result<void> refresh(std::chrono::system_clock::time_point now);

  /// For this kernel build, by rising level. Needs a refresh() that went well: old knowledge is not news.
  Result<std::vector<AvailablePatchset>> patchsets(std::string_view channel, std::string_view build_id) const;

  /// Fetches manifest and module into a new folder below `folder`, named after the level ("000001"), and
  /// returns that. All or nothing; one that stands there already is replaced.
  Result<std::filesystem::path> download(const AvailablePatchset& patchset,
                                         const std::filesystem::path& folder);

  std::int64_t root_version() const { return trusted_.root.version; }
  /// When the repository's word ends unless it is renewed: the earliest expiry of the four documents.
  tuf::Time expires() const;

 private:
  RepositoryClient(std::filesystem::path state, Fetcher& fetcher, tuf::Trusted trusted)
      : state_(std::move(state)), fetcher_(&fetcher), trusted_(std::move(trusted)) {}

  Result<void> follow_root_chain(tuf::Time now);
  void load_cached();
  Result<void> refresh_timestamp(tuf::Time now);
  Result<void> refresh_snapshot(tuf::Time now);
  Result<void> refresh_targets(tuf::Time now);
  Result<Bytes> fetch_metadata(const std::string& name, tuf::Role role, const tuf::MetaFile* described) const;
  Result<Bytes> fetch_target(const RemoteFile& file) const;
  std::filesystem::path cached(tuf::Role role) const;

  std::filesystem::path state_;
  Fetcher* fetcher_;
  tuf::Trusted trusted_;
  bool fresh_ = false;
};

}  // namespace suture
