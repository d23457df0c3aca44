// SPDX-License-Identifier: Apache-2.0
//
// The source tree with the fixes in it, made without copying 80,000 files: folders on the way to a patched
// file are real and full of links to the unpatched tree, patched files are real, everything else is reached
// through a link.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "build/fix.h"
#include "build/fix_fit.h"

namespace suture {

/// Goes away with its owner.
class PatchedTree {
 public:
  /// Applies the fixes in order, each on top of those before it (fix_fit.h). Lines that they leave alone keep
  /// their numbers, in `__LINE__` as in the compiler's messages (see line_numbers.h).
  static Result<PatchedTree> make(const std::filesystem::path& pristine, const std::vector<Fix>& fixes);

  const std::filesystem::path& root() const { return root_; }
  const std::filesystem::path& pristine() const { return pristine_; }
  /// Paths in the tree.
  const std::set<std::string>& patched_files() const { return patched_; }

  /// How each of the fixes fitted, in their order.
  const std::vector<FixFit>& fits() const { return fits_; }

  /// A unit was compiled from `root()`: did it really read the patched files? An include by a relative path
  /// can lead through a link and back into the unpatched tree. "build.overlay-escape" names the file.
  Result<void> check_files_read(const std::vector<std::filesystem::path>& files) const;

 private:
  PatchedTree(TempDir folder, std::filesystem::path pristine)
      : folder_(std::move(folder)), root_(folder_.path() / "tree"), pristine_(std::move(pristine)) {}
  Result<void> copy_files(const std::vector<Fix>& fixes);
  Result<void> keep_line_numbers() const;
  Result<void> link_siblings() const;

  TempDir folder_;
  std::filesystem::path root_;
  std::filesystem::path pristine_;
  std::set<std::string> patched_;
  std::vector<FixFit> fits_;
};

}  // namespace suture
