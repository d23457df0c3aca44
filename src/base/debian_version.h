// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string_view>

namespace suture {

/// Order of Debian package versions: Debian Policy 5.6.12.
std::strong_ordering compare_debian_versions(std::string_view a, std::string_view b);

}  // namespace suture
