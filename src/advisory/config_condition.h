// SPDX-License-Identifier: Apache-2.0
//
// Whether a condition of the preprocessor holds in a kernel's configuration.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace suture {

/// Options of a .config: "CONFIG_NET" → "y". One that is not set has no entry.
using KernelConfig = std::map<std::string, std::string, std::less<>>;

/// Lines "CONFIG_NAME=value"; everything else is left out.
KernelConfig parse_kernel_config(std::string_view text);

/// Of an expression such as "(IS_ENABLED(CONFIG_IPV6) && !defined(MODULE))". Nothing when it depends on more
/// than options, or is not understood.
std::optional<bool> holds(std::string_view condition, const KernelConfig& config);

}  // namespace suture
