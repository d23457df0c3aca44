// SPDX-License-Identifier: Apache-2.0
#include "base/cve_id.h"

namespace suture {

std::string_view cve_id_at_start(std::string_view text) {
  constexpr std::string_view kHead = "CVE-";
  constexpr std::size_t kYear = 4;
  constexpr std::size_t kFewest = 4;
  constexpr std::size_t kMost = 19;
  constexpr std::size_t kNumber = kHead.size() + kYear + 1;
  const auto digits = [&](std::size_t from) {
    std::size_t end = from;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    return end - from;
  };
  if (!text.starts_with(kHead) || digits(kHead.size()) != kYear) return {};
  if (text.size() <= kNumber || text[kNumber - 1] != '-') return {};
  const std::size_t number = digits(kNumber);
  return number < kFewest || number > kMost ? std::string_view{} : text.substr(0, kNumber + number);
}

bool is_cve_id(std::string_view text) {
  return !text.empty() && cve_id_at_start(text) == text;
}

}  // namespace suture
