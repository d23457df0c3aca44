// SPDX-License-Identifier: Apache-2.0
//
// The agent's own copies of patchsets: one folder each, with manifest and modules, written once. They serve
// to apply the recorded patchset again after a reboot, when the network may be away.
#pragma once

#include <filesystem>
#include <string>

#include "agent/state.h"
#include "base/file.h"

namespace suture {

struct LoadedPatchset {
  Patchset patchset;
  PatchsetFiles files;
};

class Store {
 public:
  explicit Store(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Where `patchset` is to be kept, before it is.
  static StoredPatchset place_for(const Patchset& patchset, std::string_view manifest);
  /// Keeps it: all of it or nothing. `files` must be those that the manifest names.
  Result<void> keep(const StoredPatchset& stored, std::string_view manifest, const Patchset& patchset,
                    const PatchsetFiles& files) const;
  /// Reads each file once; what is returned is what was verified against `stored`'s hashes.
  Result<LoadedPatchset> load(const StoredPatchset& stored) const;
  /// The manifest alone, which any user may read.
  Result<Patchset> manifest(const StoredPatchset& stored) const;
  /// Removes all but `kept`.
  Result<void> sweep(const std::optional<StoredPatchset>& kept) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace suture
