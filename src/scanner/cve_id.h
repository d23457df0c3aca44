// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace suture {

/// "CVE-2026-53249": a year, and four digits or more.
bool is_cve_id(std::string_view text);

}  // namespace suture
