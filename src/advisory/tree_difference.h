// SPDX-License-Identifier: Apache-2.0
//
// What differs between two source trees, such as those of two versions of a package.
#pragma once

#include <filesystem>
#include <vector>

#include "advisory/changed_parts.h"

namespace suture {

/// All that differs, read with `diff`; functions are those of the whole files. "advisory.trees" when they
/// cannot be compared.
Result<std::vector<ChangedFile>> read_tree_difference(const std::filesystem::path& before,
                                                      const std::filesystem::path& after);

}  // namespace suture
