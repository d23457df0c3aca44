// SPDX-License-Identifier: Apache-2.0
#include "audit/package_log.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace suture {
namespace {

constexpr std::size_t kMostUpgrades = 1'000'000;
constexpr std::size_t kLongestWord = 256;

/// "2026-11-20", "10:00:00", of this machine's clock as people read it.
std::optional<std::int64_t> local_time(std::string_view date, std::string_view clock) {
  if (date.size() != 10 || clock.size() != 8) return std::nullopt;
  const auto number = [](std::string_view text, std::size_t at, std::size_t length) {
    int value = -1;
    const char* end = text.data() + at + length;
    const auto result = std::from_chars(text.data() + at, end, value);
    return result.ec == std::errc{} && result.ptr == end ? value : -1;
  };
  std::tm time{};
  time.tm_year = number(date, 0, 4) - 1900;
  time.tm_mon = number(date, 5, 2) - 1;
  time.tm_mday = number(date, 8, 2);
  time.tm_hour = number(clock, 0, 2);
  time.tm_min = number(clock, 3, 2);
  time.tm_sec = number(clock, 6, 2);
  time.tm_isdst = -1;
  const bool good = time.tm_year >= 70 && time.tm_mon >= 0 && time.tm_mon < 12 && time.tm_mday > 0 &&
                    time.tm_mday < 32 && time.tm_hour >= 0 && time.tm_hour < 24 && time.tm_min >= 0 &&
                    time.tm_min < 60 && time.tm_sec >= 0 && time.tm_sec < 61;
  if (!good) return std::nullopt;
  return std::mktime(&time);
}

}  // namespace

PackageLog parse_dpkg_log(std::string_view text) {
  PackageLog log;
  std::size_t count = 0;
  while (!text.empty() && count < kMostUpgrades) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    std::array<std::string_view, 6> words;
    for (std::string_view& word : words) {
      word = line.substr(0, line.find(' '));
      line.remove_prefix(std::min(word.size() + 1, line.size()));
    }
    const auto [date, clock, what, package, from, to] = words;
    if (what != "upgrade" || from.empty() || to.empty() || package.size() > kLongestWord ||
        from.size() > kLongestWord || to.size() > kLongestWord || from == to)
      continue;
    const auto time = local_time(date, clock);
    if (!time) continue;
    ++count;
    log[std::string(package.substr(0, package.find(':')))].push_back(
        {.time = *time, .from = std::string(from), .to = std::string(to)});
  }
  for (auto& [package, upgrades] : log) std::ranges::stable_sort(upgrades, {}, &PackageUpgrade::time);
  return log;
}

std::optional<std::string> version_at(const PackageLog& log, std::string_view package, std::int64_t time) {
  const auto found = log.find(package);
  if (found == log.end()) return std::nullopt;
  const auto upgrade =
      std::ranges::find_if(found->second, [&](const PackageUpgrade& one) { return one.time >= time; });
  if (upgrade == found->second.end()) return std::nullopt;
  return upgrade->from;
}

}  // namespace suture
