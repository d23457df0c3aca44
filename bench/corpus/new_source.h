// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "base/error.h"
#include "base/terminal.h"
#include "target/target.h"

namespace suture::corpus {

/// The tree of the newer source: `wanted` itself when it is a folder, else a version ("6.1.176-1") of the
/// source package which the target's tree is from, fetched into the store when that does not have it.
Result<std::filesystem::path> find_new_source(const Target& target, const std::filesystem::path& store,
                                              const std::string& wanted, Progress& progress);

}  // namespace suture::corpus
