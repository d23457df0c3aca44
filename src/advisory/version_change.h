// SPDX-License-Identifier: Apache-2.0
//
// The change of a fix, taken from the difference of two source packages.
//
// Distributions publish sources, not the commits between them; a stable update of a kernel brings some
// thousand fixes at once, and their subjects in the changelog. Which lines are of which fix is told by words:
// the place that a subject names (or the files that a record names), names of functions and variables, and
// words that are pieces of names in the lines. All fixes between the two versions are looked at together,
// since what one of them explains better is not another's.
#pragma once

#include <string>
#include <vector>

#include "advisory/changed_parts.h"

namespace suture {

/// One fix among those between two versions, with what is known of it.
struct DescribedFix {
  std::string title{};
  std::string description{};         ///< empty: nothing
  std::vector<std::string> files{};  ///< as records name them; empty: nobody does
};

/// A change for each fix, in their order. Without files where it cannot be told which are its, `mixed` where
/// lines may be of others: then `note` says why.
std::vector<CodeChange> changes_of_fixes(const std::vector<ChangedFile>& difference,
                                         const std::vector<DescribedFix>& fixes, const std::string& origin);

}  // namespace suture
