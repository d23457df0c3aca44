// SPDX-License-Identifier: Apache-2.0
//
// Debian builds its real-time kernels from a source of their own: that of the others, and a series of patches
// on top, which only the source package `linux` has (debian/patches-rt).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/terminal.h"
#include "target/debian_suites.h"

namespace suture {

/// "6.1.0-47-rt-amd64".
bool is_real_time(std::string_view release);

/// Puts the patches of the kernel's version (that of the source package) on the unpacked source. Releases
/// whose source package has none are left as they are. "target.version-gone", "target.patch-failed".
Result<void> add_real_time_patches(const std::vector<DebianSuites>& archives, const std::string& version,
                                   const std::filesystem::path& tree, Progress& progress);

/// Applies the patches that the file `series` in `folder` lists, in its order.
Result<void> apply_series(const std::filesystem::path& folder, const std::filesystem::path& tree);

}  // namespace suture
