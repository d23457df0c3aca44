// SPDX-License-Identifier: Apache-2.0
#include "scanner/cve_id.h"

#include <algorithm>

namespace suture {

bool is_cve_id(std::string_view text) {
  constexpr std::string_view kStart = "CVE-";
  constexpr std::size_t kYear = 4;
  constexpr std::size_t kLeast = kStart.size() + kYear + 5;
  constexpr std::size_t kMost = 32;
  if (!text.starts_with(kStart) || text.size() < kLeast || text.size() > kMost) return false;
  if (text[kStart.size() + kYear] != '-') return false;
  const auto digits = [](std::string_view part) {
    return std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
  };
  return digits(text.substr(kStart.size(), kYear)) && digits(text.substr(kStart.size() + kYear + 1));
}

}  // namespace suture
