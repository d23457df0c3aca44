// SPDX-License-Identifier: Apache-2.0
#include "audit/installed_distribution.h"

#include <algorithm>
#include <array>

namespace suture {
namespace {

constexpr std::size_t kLongestValue = 256;

std::string unquoted(std::string_view value) {
  std::string result;
  if (value.size() >= 2 && (value[0] == '"' || value[0] == '\'') && value.back() == value[0])
    value = value.substr(1, value.size() - 2);
  for (std::size_t at = 0; at < value.size(); ++at) {
    if (value[at] == '\\' && at + 1 < value.size()) ++at;
    result += value[at];
  }
  return result;
}

std::string_view major_of(std::string_view version) {
  return version.substr(0, version.find('.'));
}

/// What stands behind "NAME:"; the whole when it is NAME alone, which sets `whole`.
bool names(std::string_view& ecosystem, std::string_view name, bool& whole) {
  if (!ecosystem.starts_with(name)) return false;
  std::string_view rest = ecosystem.substr(name.size());
  whole = rest.empty();
  if (!whole && !rest.starts_with(':')) return false;
  ecosystem = whole ? rest : rest.substr(1);
  return true;
}

bool is_debian(std::string_view release, const InstalledDistribution& distribution) {
  if (distribution.id != "debian") return false;
  return !release.empty() && (release == distribution.codename || release == major_of(distribution.version));
}

bool is_ubuntu(std::string_view release, const InstalledDistribution& distribution) {
  if (distribution.id != "ubuntu") return false;
  if (release.ends_with(":LTS")) release.remove_suffix(4);
  return !release.empty() && (release == distribution.version || release == distribution.codename);
}

/// Some part between colons that is the major number, or begins with it.
bool names_major(std::string_view release, const InstalledDistribution& distribution) {
  const std::string_view major = major_of(distribution.version);
  if (major.empty()) return false;
  while (!release.empty()) {
    const std::string_view part = release.substr(0, release.find(':'));
    release.remove_prefix(std::min(part.size() + 1, release.size()));
    if (major_of(part) == major) return true;
  }
  return false;
}

/// "15.5" as SUSE says it in words: "15 SP5".
bool names_service_pack(std::string_view release, const InstalledDistribution& distribution) {
  const std::string_view version = distribution.version;
  const std::size_t dot = version.find('.');
  if (version.empty()) return false;
  const std::string words = dot == version.npos ? std::string(version)
                                                : std::string(version.substr(0, dot)) + " SP" +
                                                      std::string(version.substr(dot + 1));
  for (std::size_t at = release.find(words); at != release.npos; at = release.find(words, at + 1)) {
    const std::string_view behind = release.substr(at + words.size());
    const bool begins = at > 0 && release[at - 1] == ' ';
    const bool next_digit = !behind.empty() && (behind[0] == '.' || (behind[0] >= '0' && behind[0] <= '9'));
    if (begins && !next_digit && !behind.starts_with(" SP")) return true;
  }
  return false;
}

}  // namespace

InstalledDistribution parse_os_release(std::string_view text) {
  InstalledDistribution distribution;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t equals = line.find('=');
    if (equals == line.npos || line.size() > kLongestValue) continue;
    const std::string value = unquoted(line.substr(equals + 1));
    const std::string_view key = line.substr(0, equals);
    if (key == "ID") distribution.id = value;
    if (key == "ID_LIKE") distribution.like = value;
    if (key == "VERSION_ID") distribution.version = value;
    if (key == "VERSION_CODENAME") distribution.codename = value;
    if (key == "PRETTY_NAME") distribution.name = value;
  }
  return distribution;
}

bool is_about(std::string_view ecosystem, const InstalledDistribution& distribution) {
  bool whole = false;
  if (names(ecosystem, "Debian", whole))
    return whole ? distribution.id == "debian" : is_debian(ecosystem, distribution);
  if (names(ecosystem, "Ubuntu", whole)) return !whole && is_ubuntu(ecosystem, distribution);
  if (names(ecosystem, "Red Hat", whole))
    return distribution.id == "rhel" && (whole || names_major(ecosystem, distribution));
  if (names(ecosystem, "AlmaLinux", whole))
    return distribution.id == "almalinux" && names_major(ecosystem, distribution);
  if (names(ecosystem, "Rocky Linux", whole))
    return distribution.id == "rocky" && names_major(ecosystem, distribution);
  if (names(ecosystem, "openSUSE", whole))
    return distribution.id.starts_with("opensuse") && names_service_pack(ecosystem, distribution);
  if (names(ecosystem, "SUSE", whole))
    return distribution.id.starts_with("sle") && names_service_pack(ecosystem, distribution);
  return false;
}

bool is_version_of(std::string_view version, const InstalledDistribution& distribution) {
  constexpr std::array<std::string_view, 3> kRedHats = {"rhel", "almalinux", "rocky"};
  if (std::ranges::find(kRedHats, distribution.id) == kRedHats.end()) return true;
  const std::size_t at = version.rfind(".el");
  if (at == version.npos) return true;
  const std::string_view behind = version.substr(at + 3);
  return behind.substr(0, behind.find_first_not_of("0123456789")) == major_of(distribution.version);
}

bool is_distribution(std::string_view ecosystem) {
  constexpr std::array<std::string_view, 16> kNames = {
      "Debian", "Ubuntu",    "Red Hat",   "AlmaLinux", "Rocky Linux", "SUSE",   "openSUSE", "Alpine",
      "Mageia", "openEuler", "Photon OS", "Wolfi",     "Chainguard",  "Fedora", "Android",  "MinimOS"};
  return std::ranges::any_of(kNames, [&](std::string_view name) {
    return ecosystem.starts_with(name) && (ecosystem.size() == name.size() || ecosystem[name.size()] == ':');
  });
}

}  // namespace suture
