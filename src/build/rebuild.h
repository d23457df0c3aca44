// SPDX-License-Identifier: Apache-2.0
//
// Builds a patchset once more, from what its manifest says, and compares: so that somebody who trusts neither
// the builder nor the machine can vouch for it. Signatures behind the modules are left out: nobody without
// the key can make them again, and they change nothing of what the kernel loads.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/terminal.h"
#include "patchset/patchset.h"
#include "target/store.h"

namespace suture {

struct RebuildRequest {
  std::filesystem::path patchset;  ///< folder with manifest and modules
  std::filesystem::path fixes;     ///< folder with NAME.patch of each fix; empty: kFixFolder of the patchset
  std::filesystem::path cache{};   ///< see BuildRequest; empty: everything is compiled
};

struct RebuildResult {
  Patchset given;
  std::vector<std::string> differences;  ///< between what was given and what was built; empty: it is the same
};

/// "rebuild.fix-differs" when a fix is not the one that the manifest names; "target.not-in-store"; otherwise
/// as build_patchset().
Result<RebuildResult> rebuild_patchset(const RebuildRequest& request, const TargetStore& store,
                                       Progress& progress);

}  // namespace suture
