// SPDX-License-Identifier: Apache-2.0
#include "agent/duration.h"

#include <charconv>
#include <map>
#include <string>

namespace suture {

Result<std::chrono::seconds> parse_duration(std::string_view text) {
  static const std::map<std::string_view, std::int64_t> units = {
      {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const auto unit = units.find(std::string_view(end, text.data() + text.size()));
  constexpr std::int64_t kMost = 10'000'000;
  if (error != std::errc() || unit == units.end() || count < 0 || count > kMost) {
    return fail("agent.config", "read a duration",
                "\"" + std::string(text) + "\" is not such as 90s, 15m, 4h or 2d",
                "See suture-agent.toml(5).");
  }
  return std::chrono::seconds(count * unit->second);
}

}  // namespace suture
