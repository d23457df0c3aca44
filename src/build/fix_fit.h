// SPDX-License-Identifier: Apache-2.0
//
// Whether a fix has anything to do in the source of a kernel, and what moved since it was written.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "build/fix.h"

namespace suture {

struct FixFit {
  std::string fix;  ///< its name
  /// Why the fix is not needed, with the evidence: the source has it already, or lacks what it mends. Empty:
  /// it was applied.
  std::string not_affected;
  bool already_fixed = false;  ///< of these: the source has it
  /// Hunks that were applied at other lines than they name: "fs/exec.c: hunk 2, 14 lines further down".
  std::vector<std::string> drift;
};

/// Applies the fix to the files in `tree`, which holds a copy of those that it touches, as far as they are
/// there; `pristine` is the whole source. No fuzz: context must be equal, its place may have moved.
/// "build.fix-does-not-apply" names fix, file and hunk.
Result<FixFit> fit_fix(const Fix& fix, const std::filesystem::path& tree,
                       const std::filesystem::path& pristine);

}  // namespace suture
