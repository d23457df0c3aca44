// SPDX-License-Identifier: Apache-2.0
//
// A repository in one file, for networks that no wire leads to: a tar archive (pax), compressed with
// Zstandard. Its first member, bundle.json, lists every file of the repository at that time; an incremental
// bundle holds only those that an earlier one did not list.
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "repository/mirror.h"

namespace suture {

struct BundleReport {
  std::uint64_t files = 0;   ///< in the bundle
  std::uint64_t listed = 0;  ///< in the repository
  std::uint64_t size = 0;    ///< of the bundle, bytes
};

/// Verifies the repository in `folder` and writes it. `since`: a bundle whose files the other side has.
Result<BundleReport> export_bundle(const std::filesystem::path& folder, const std::filesystem::path& bundle,
                                   const std::filesystem::path& since, Time now,
                                   const WalkProgress& progress = {});

/// Verifies what a bundle brings, with what `folder` has already, and only then shows it: as
/// mirror_repository(). "bundle.malformed" for what is no bundle, "bundle.too-large".
Result<MirrorReport> import_bundle(const std::filesystem::path& bundle, const std::filesystem::path& folder,
                                   const std::filesystem::path& initial_root, Time now,
                                   const WalkProgress& progress = {});

/// The paths that bundle.json lists.
Result<std::set<std::string>> listed_in(const std::filesystem::path& bundle);

/// Unpacks its files below `folder`; nothing but plain files with plain paths.
Result<void> unpack_bundle(const std::filesystem::path& bundle, const std::filesystem::path& folder);

}  // namespace suture
