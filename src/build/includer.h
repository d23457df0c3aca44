// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "base/error.h"

namespace suture {

/// For each of these source files, the first one of the tree that has `#include` of it, as a path in the
/// tree; those that none includes are left out. The kernel builds much of its scheduler that way:
/// kernel/sched/build_policy.c includes deadline.c, which no Makefile lists. The tree is read once, however
/// many files are asked about.
Result<std::map<std::string, std::string>> includers_of(const std::filesystem::path& tree,
                                                        std::span<const std::string> files);

}  // namespace suture
