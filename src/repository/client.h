// SPDX-License-Identifier: Apache-2.0
//
// A host's view of a repository: follows the TUF client workflow (specification 1.0, 5), and hands out
// patchsets that the repository's owner signed and logged. The state folder keeps what is trusted (root.json,
// timestamp.json, snapshot.json, targets.json, delegated roles, the catalog, the log's head); each file is
// replaced in one step, and a damaged one is fetched again.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fetch/fetcher.h"
#include "patchset/patchset.h"
#include "repository/catalog.h"
#include "repository/log_reader.h"
#include "repository/verifier.h"

namespace suture {

/// In a client's state folder: the catalog that was asked for last, verified.
inline constexpr const char* kOwnCatalogName = "catalog";

class RepositoryClient {
 public:
  /// `state` holds root.json, put there by the administrator; when it is not there, or damaged, trust starts
  /// from the file `initial_root`. `fetcher` must outlive the client.
  static Result<RepositoryClient> open(std::filesystem::path state, Fetcher& fetcher,
                                       const std::filesystem::path& initial_root = {});

  /// The update workflow, 5.3 to 5.6. What was accepted before an error stays. When the timestamp metadata
  /// are still those that are trusted, nothing else is asked for: an owner who changes the root signs a new
  /// timestamp as well, and one who withholds the first could withhold the other.
  Result<void> refresh(Time now);

  /// What the targets roles say of a path, asked in the order of the delegations (5.6.7); nothing when none
  /// knows it. Needs a refresh() that went well: old knowledge is not news.
  Result<std::optional<tuf::TargetFile>> find_target(const std::string& path);
  Result<Bytes> fetch_target(const std::string& path, const tuf::TargetFile& file) const;

  /// The channel's patchsets for a kernel; without levels when it has none.
  Result<Catalog> catalog(const Stream& stream, const std::string& build_id);

  /// That its publication, and its withdrawal if there is one, are in the transparency log, and that the log
  /// has only grown since the last time. What was proven before costs nothing. Repositories without a log
  /// have nothing to check.
  Result<void> check_logged(const AvailablePatchset& patchset);

  /// Fetches manifest and modules into a new folder below `folder`, named after the level ("000001"), and
  /// returns that. All or nothing; one that stands there already is replaced. Checks the log first. What was
  /// cut off is kept in the state folder, and the next try goes on from there.
  Result<std::filesystem::path> download(const AvailablePatchset& patchset,
                                         const std::filesystem::path& folder);

  const tuf::Trusted& trusted() const { return trusted_; }
  /// Of the last refresh().
  Time time() const { return now_; }
  Result<Bytes> timestamp_bytes() const;
  /// When the repository's word ends unless it is renewed: the earliest expiry of what is trusted.
  Time expires() const;

 private:
  RepositoryClient(std::filesystem::path state, Fetcher& fetcher, tuf::Trusted trusted)
      : state_(std::move(state)), fetcher_(&fetcher), trusted_(std::move(trusted)) {}

  Result<bool> is_unchanged(Time now);
  Result<void> follow_root_chain(Time now);
  void load_cached();
  Result<void> refresh_timestamp(Time now);
  Result<void> refresh_snapshot(Time now);
  Result<void> load_role(const std::string& delegator, const std::string& role);
  Result<Bytes> fetch_metadata(const std::string& name, tuf::Role role, const tuf::MetaFile* described) const;
  Result<Bytes> fetch_payload(const AvailablePatchset& patchset, const RemoteFile& file) const;
  Result<std::optional<LogHead>> current_log_head();
  std::filesystem::path cached(const std::string& role) const;

  std::filesystem::path state_;
  Fetcher* fetcher_;
  tuf::Trusted trusted_;
  Time now_{};
  std::optional<Bytes> new_timestamp_;  ///< fetched, and not yet looked at
  bool fresh_ = false;
};

/// The head of the log that a client with this state folder checked last.
std::optional<LogHead> checked_log_head(const std::filesystem::path& state);

/// The manifest is about the patchset that the catalog promised: its owner signed both, but a mistake in
/// publishing must not reach a kernel. "repository.inconsistent".
Result<void> check_manifest(const Patchset& manifest, const AvailablePatchset& promised);

}  // namespace suture
