// SPDX-License-Identifier: Apache-2.0
//
// One fix, written for several versions. Beside NAME.patch its author may put NAME@VERSION.patch, for kernels
// whose release begins with that version: CVE-2026-46234@5.10.patch.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/error.h"

namespace suture {

/// The file for this kernel (`uname -r`): that of the longest version that fits, or the fix itself. "5.1"
/// does not fit 5.10.0-46. "build.no-fix-for-kernel" when there are variants only, all of them for others.
Result<std::filesystem::path> variant_for(const std::filesystem::path& fix, std::string_view release);

}  // namespace suture
