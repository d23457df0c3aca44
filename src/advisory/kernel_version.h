// SPDX-License-Identifier: Apache-2.0
//
// Versions of kernel.org, and the ranges of them that the kernel's own CVE records are written in.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "advisory/voice.h"

namespace suture {

struct KernelVersion {
  std::array<std::uint32_t, 3> numbers{};  ///< 6.1.170; 6.1 is 6.1.0
  /// 7.1-rc1 is before 7.1.
  std::uint32_t candidate = std::numeric_limits<std::uint32_t>::max();
  auto operator<=>(const KernelVersion&) const = default;
};

/// "6.1.170", "7.1-rc1", "0", and what distributions put behind it: "6.1.170-3",
/// "6.12.107+deb13-cloud-amd64", "5.14.0-427.el9". Nothing for other texts.
std::optional<KernelVersion> parse_kernel_version(std::string_view text);

/// "6.1" of 6.1.170.
std::string series_of(const KernelVersion& version);

/// Whether a version is in a range of order kKernel; nothing when the range cannot be read.
std::optional<bool> is_in_range(const KernelVersion& version, const AffectedRange& range);

}  // namespace suture
