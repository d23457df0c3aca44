// SPDX-License-Identifier: Apache-2.0
//
// Many patchsets, several machines side by side, as far as processors and memory go. What an earlier run has
// qualified is kept; so a run that was stopped goes on where it was.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "qualify/qualify.h"

namespace suture {

struct MatrixEntry {
  std::filesystem::path patchset;
  bool kept = false;  ///< of an earlier run
  std::optional<QualifyResult> result;
  Error error;  ///< when there is no result: it could not be tried
  bool passed() const { return result && result->qualification().passed(); }
};

struct MatrixRequest {
  std::vector<std::filesystem::path> patchsets;
  QualifyRequest each;    ///< `patchset` is filled in
  bool again = false;     ///< try those as well that an earlier run has qualified
  unsigned machines = 0;  ///< side by side; 0: machines_that_fit()
};

/// A processor and a gigabyte each.
unsigned machines_that_fit();

/// The patchsets in a folder, as `suture build --targets` makes them: itself, or the folders in it; sorted.
/// "qualify.no-patchset" when there is none.
Result<std::vector<std::filesystem::path>> patchsets_in_folder(const std::filesystem::path& folder);

/// In the order given; each is signed and written beside its patchset as soon as it is known.
std::vector<MatrixEntry> qualify_all(const MatrixRequest& request, const TargetStore& store,
                                     const Ed25519Private& key, Progress& progress);

}  // namespace suture
