// SPDX-License-Identifier: Apache-2.0
#include "base/duration.h"

#include <charconv>
#include <cstdint>
#include <map>

namespace suture {

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  static const std::map<std::string_view, std::int64_t> units = {
      {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
  constexpr std::int64_t kMost = 10'000'000;
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const auto unit = units.find(std::string_view(end, text.data() + text.size()));
  if (error != std::errc() || unit == units.end() || count < 0 || count > kMost) return std::nullopt;
  return std::chrono::seconds(count * unit->second);
}

}  // namespace suture
