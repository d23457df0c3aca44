// SPDX-License-Identifier: Apache-2.0
//
// Identifiers of vulnerabilities, as the CVE record format writes them: "CVE-2026-53249", a year and 4 to 19
// digits.
#pragma once

#include <algorithm>
#include <string_view>

namespace suture {

bool is_cve_id(std::string_view text);

/// The one that a text starts with; empty when it does not.
std::string_view cve_id_at_start(std::string_view text);

/// Calls `found(id)` for each in a text, from left to right.
template <class Found>
void for_each_cve_id(std::string_view text, Found found) {
  while (true) {
    text.remove_prefix(std::min(text.size(), text.find("CVE-")));
    if (text.empty()) return;
    const std::string_view id = cve_id_at_start(text);
    if (!id.empty()) found(id);
    text.remove_prefix(std::max(id.size(), std::string_view("CVE-").size()));
  }
}

}  // namespace suture
