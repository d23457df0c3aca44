// SPDX-License-Identifier: Apache-2.0
//
// Unpacks cpio archives, in the "newc" format that RPM packages carry. cpio(1) follows links out of the
// folder, makes devices and knows no bound, so this is our own: packages are foreign input.
#pragma once

#include <cstdint>
#include <filesystem>
#include <istream>

#include "base/error.h"

namespace suture {

struct CpioLimits {
  std::uint64_t bytes = 16ull << 30;  ///< of all files together
  std::uint64_t entries = 1u << 20;
};

/// Writes the entries below `root`, and never anywhere else: folders on the way are opened, not followed.
/// "target.package-damaged" when it is no such archive or ends early; "target.package-unsafe" for paths that
/// are absolute, climb or hold control characters, for entries below a link, and for devices and the like;
/// "target.package-too-large" beyond the limits. Links that lead out of `root` are left out: packages link
/// to what other packages hold. Owners, times and set-user-id bits are ignored.
Result<void> unpack_cpio(std::istream& archive, const std::filesystem::path& root,
                         const CpioLimits& limits = {});

/// Whether a link at this path below a folder can only lead to something inside of the folder, wherever other
/// such links in it lead: it goes up first, not too far, and then only down.
bool link_stays_inside(const std::filesystem::path& link, const std::filesystem::path& target);

}  // namespace suture
