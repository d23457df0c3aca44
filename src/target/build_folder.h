// SPDX-License-Identifier: Apache-2.0
//
// A folder in which somebody built a kernel: by `make` in the source tree, or by `make O=FOLDER` beside it.
// It has all the parts of a target, among gigabytes of objects.
#pragma once

#include <filesystem>

#include "base/error.h"
#include "target/copy_tree.h"
#include "target/kernel_parts.h"

namespace suture {

/// The parts that there are; empty paths for those which there are not. Modules are in the tree itself, so
/// that `modules` is the build folder if it holds any.
KernelParts parts_of_build(const std::filesystem::path& build);

/// Arranges the modules that `modules.order` lists below `to`/kernel, as an installation does.
Result<void> copy_built_modules(const std::filesystem::path& build, const std::filesystem::path& to,
                                bool hard_links);

/// Everything in a source tree but what a build leaves in it: a configured tree is refused by kbuild, or
/// worse, its generated headers are preferred.
bool is_kernel_source(const std::filesystem::path& below);

}  // namespace suture
