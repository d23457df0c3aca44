// SPDX-License-Identifier: Apache-2.0
//
// What a commit changes, from a git repository on this machine: a clone of the stable tree, with or without
// files checked out.
#pragma once

#include <filesystem>
#include <string>

#include "advisory/code_change.h"

namespace suture {

/// `commit`: 40 hexadecimal digits. Files are read before and after, so functions are exact. A merge is seen
/// from its first parent. "advisory.commit-id", "advisory.commit-missing" when the repository does not have
/// it, "advisory.no-repository"; "source.diff-…".
Result<CodeChange> read_commit_change(const std::filesystem::path& repository, const std::string& commit);
/// The same as text: a unified diff that can be applied. The same errors, but for those of the diff.
Result<std::string> read_commit_diff(const std::filesystem::path& repository, const std::string& commit);

}  // namespace suture
