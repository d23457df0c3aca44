// SPDX-License-Identifier: Apache-2.0
//
// From source fixes to a patchset for one target.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/error.h"
#include "base/terminal.h"
#include "patchset/patchset.h"
#include "target/target.h"

namespace suture {

struct BuildRequest {
  Target target;
  std::vector<std::filesystem::path> fixes;  ///< all that the patchset shall hold, in the order to apply them
  std::uint32_t level = 1;
  std::filesystem::path output;   ///< folder to make; must not exist
  std::filesystem::path cache{};  ///< folder for what the next build need not make again; empty: none
};

struct BuildResult {
  Patchset patchset;
  std::vector<std::string> notes;  ///< units that were left out, and why
};

/// Makes the folder with module and manifest, or nothing. Every refusal names fix, unit, function or symbol,
/// and has a code "build.…", "delta.…" or "module.…".
Result<BuildResult> build_patchset(const BuildRequest& request, Progress& progress);

}  // namespace suture
