// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "base/error.h"

namespace suture {

/// The first source file of the tree that has `#include` of this one, as a path in the tree; empty when there
/// is none. The kernel builds much of its scheduler that way: kernel/sched/build_policy.c includes
/// deadline.c, which no Makefile lists.
Result<std::string> includer_of(const std::filesystem::path& tree, const std::string& file);

}  // namespace suture
