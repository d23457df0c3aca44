// SPDX-License-Identifier: Apache-2.0
#include "audit/package_log.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <utility>

#include "base/lines.h"
#include "image/decompress.h"

namespace suture {
namespace {

constexpr std::size_t kMostUpgrades = 1'000'000;
constexpr std::size_t kLongestWord = 256;
constexpr std::size_t kLargestLog = 64u << 20;  // unpacked, of all together
constexpr std::size_t kMostNames = 100'000;     // in /var/log
constexpr std::size_t kMostLogs = 64;
constexpr std::size_t kDateDigits = 8;
constexpr const char* kFolder = "/var/log/";
constexpr std::string_view kDpkgLog = "dpkg.log";
constexpr std::string_view kDnfLog = "dnf.rpm.log";

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

/// "2026-11-20T10:00:00+0100", or with "Z".
std::optional<std::int64_t> time_with_zone(std::string_view text) {
  constexpr std::size_t kPlain = 19;
  if (text.size() <= kPlain || text[10] != 'T') return std::nullopt;
  std::tm time{};
  const std::string plain(text.substr(0, kPlain));
  const char* end = strptime(plain.c_str(), "%Y-%m-%dT%H:%M:%S", &time);
  if (end == nullptr || *end != '\0' || time.tm_year < 70) return std::nullopt;
  const std::int64_t there = timegm(&time);
  const std::string_view zone = text.substr(kPlain);
  if (zone == "Z") return there;
  int number = 0;
  const bool shaped = zone.size() == 5 && (zone[0] == '+' || zone[0] == '-');
  if (!shaped || std::from_chars(zone.data() + 1, zone.data() + 5, number).ptr != zone.data() + 5)
    return std::nullopt;
  const std::int64_t ahead = std::int64_t{number / 100} * 3600 + std::int64_t{number % 100} * 60;
  return zone[0] == '+' ? there - ahead : there + ahead;
}

std::optional<std::int64_t> time_of(std::string_view line) {
  constexpr std::size_t kPlain = 19;
  if (line.size() < kPlain) return std::nullopt;
  if (line[10] == 'T') return time_with_zone(line.substr(0, line.find(' ')));
  return local_time(line.substr(0, 10), line.substr(11, 8));
}

/// Of "openssl-libs-1:3.0.7-24.el9.x86_64" the name, and epoch, version and release.
std::optional<std::pair<std::string, std::string>> name_and_version(std::string_view package) {
  package = package.substr(0, package.rfind('.'));
  const std::size_t release = package.rfind('-');
  if (release == package.npos || release == 0) return std::nullopt;
  const std::size_t version = package.rfind('-', release - 1);
  if (version == package.npos || version == 0 || release - version < 2) return std::nullopt;
  return std::pair{std::string(package.substr(0, version)), std::string(package.substr(version + 1))};
}

/// Empty where the line has no more.
template <std::size_t Count>
std::array<std::string_view, Count> first_words(std::string_view line) {
  std::array<std::string_view, Count> words;
  for (std::string_view& word : words) {
    word = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(word.size() + 1, line.size()));
  }
  return words;
}

/// When the log begins; nothing where no line tells.
std::optional<std::int64_t> begin_of(std::string_view text) {
  while (!text.empty()) {
    if (const auto time = time_of(take_line(text))) return time;
  }
  return std::nullopt;
}

/// Of what is packed: ".gz", ".xz", ".zst".
std::string_view ending_of(std::string_view name) {
  for (const std::string_view ending : {".gz", ".xz", ".zst"}) {
    if (name.ends_with(ending)) return ending;
  }
  return {};
}

/// The file's text, unpacked; empty when that is not to be had.
std::string read_log(const RootFolder& root, const std::string& name, std::size_t limit) {
  auto text = root.read_text(kFolder + name, limit);
  if (!text) return "";
  if (ending_of(name).empty()) return std::move(*text);
  const auto unpacked = decompress_file(as_bytes(*text), limit);
  return unpacked ? std::string(as_text(*unpacked)) : "";
}

/// How old it is by its name, a larger number being older; nothing for what is another log.
std::optional<std::int64_t> age_of(std::string_view name, std::string_view log) {
  if (!name.starts_with(log)) return std::nullopt;
  name.remove_prefix(log.size());
  if (name.empty()) return -1;
  name.remove_suffix(ending_of(name).size());
  const bool dated = name.size() == kDateDigits + 1 && name[0] == '-';
  if (name.size() < 2 || (name[0] != '.' && !dated)) return std::nullopt;
  std::int64_t number = 0;
  const char* end = name.data() + name.size();
  const auto result = std::from_chars(name.data() + 1, end, number);
  if (result.ec != std::errc{} || result.ptr != end || number < 0) return std::nullopt;
  constexpr std::int64_t kLastDay = 99'999'999;
  return dated ? kLastDay - number : number;
}

}  // namespace

std::vector<std::string> package_logs(const std::vector<std::string>& names, std::string_view log) {
  std::vector<std::pair<std::int64_t, std::string>> logs;
  for (const std::string& name : names) {
    if (const auto age = age_of(name, log)) logs.emplace_back(*age, name);
  }
  std::ranges::sort(logs);
  std::vector<std::string> result;
  for (auto& [age, name] : logs) {
    if (result.size() < kMostLogs) result.push_back(std::move(name));
  }
  return result;
}

PackageLog read_package_log(const RootFolder& root, PackageKind kind, std::int64_t since) {
  const std::string log(kind == PackageKind::kDebian ? kDpkgLog : kDnfLog);
  const auto names = root.names(kFolder, kMostNames);
  // What is there but cannot be listed may still have the newest of its logs.
  const std::vector<std::string> logs = package_logs(names ? *names : std::vector{log}, log);
  std::string all;
  for (const std::string& name : logs) {
    if (all.size() >= kLargestLog) break;
    const std::string text = read_log(root, name, kLargestLog - all.size());
    all = text + (text.empty() || text.ends_with('\n') ? "" : "\n") + all;
    if (const auto begin = begin_of(text); begin && *begin < since) break;
  }
  return kind == PackageKind::kDebian ? parse_dpkg_log(all) : parse_dnf_log(all);
}

PackageLog parse_dnf_log(std::string_view text) {
  PackageLog log;
  std::size_t count = 0;
  while (!text.empty() && count < kMostUpgrades) {
    const auto [when, level, what, package] = first_words<4>(take_line(text));
    if (what != "Upgraded:" || package.size() > kLongestWord) continue;
    const auto time = time_with_zone(when);
    auto replaced = name_and_version(package);
    if (!time || !replaced) continue;
    ++count;
    log[replaced->first].push_back({.time = *time, .from = std::move(replaced->second)});
  }
  for (auto& [package, upgrades] : log) std::ranges::stable_sort(upgrades, {}, &PackageUpgrade::time);
  return log;
}

PackageLog parse_dpkg_log(std::string_view text) {
  PackageLog log;
  std::size_t count = 0;
  while (!text.empty() && count < kMostUpgrades) {
    const auto [date, clock, what, package, from, to] = first_words<6>(take_line(text));
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
