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

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.") == text.npos && text[0] != '.';
}

/// "9", or "9.2" of whom that is cared for by itself.
bool is_release(std::string_view part, std::string_view version) {
  if (major_of(version).empty() || major_of(part) != major_of(version)) return false;
  return part.find('.') == part.npos || version.find('.') == version.npos || part == version;
}

/// The part between colons that is a number.
std::string_view number_between_colons(std::string_view release) {
  while (!release.empty()) {
    const std::string_view part = release.substr(0, release.find(':'));
    release.remove_prefix(std::min(part.size() + 1, release.size()));
    if (is_number(part)) return part;
  }
  return {};
}

/// "9" of "Red Hat Enterprise Linux BaseOS (v. 9)" and "Red Hat Enterprise Linux 9". Red Hat has other
/// products, whose numbers are others.
std::string_view number_of_red_hat(std::string_view platform) {
  constexpr std::array<std::string_view, 2> kProducts = {"Red Hat Enterprise Linux ",
                                                         "Red Hat CodeReady Linux Builder "};
  if (std::ranges::none_of(kProducts, [&](std::string_view one) { return platform.starts_with(one); }))
    return {};
  const std::size_t open = platform.find("(v.");
  std::string_view number = platform.substr(open == platform.npos ? platform.rfind(' ') + 1 : open + 3);
  number.remove_prefix(std::min(number.find_first_not_of(' '), number.size()));
  number = number.substr(0, number.find(')'));
  return is_number(number) ? number : std::string_view{};
}

/// Which release an ecosystem of Red Hat's names, in either of the ways in which it is written.
std::string_view number_of_either(std::string_view ecosystem) {
  bool whole = false;
  if (names(ecosystem, "Red Hat", whole)) return number_between_colons(ecosystem);
  return number_of_red_hat(ecosystem);
}

bool has_word(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    const std::string_view behind = text.substr(at + word.size());
    const bool begins = at == 0 || text[at - 1] == ' ';
    const bool next_digit = !behind.empty() && (behind[0] == '.' || (behind[0] >= '0' && behind[0] <= '9'));
    if (begins && !next_digit && !behind.starts_with(" SP")) return true;
  }
  return false;
}

/// "15.5" as SUSE says it in words: "15 SP5", or "15.5" of openSUSE and Micro.
bool names_service_pack(std::string_view release, const InstalledDistribution& distribution) {
  const std::string_view version = distribution.version;
  if (version.empty()) return false;
  if (distribution.id == "opensuse-tumbleweed") return has_word(release, "Tumbleweed");
  const bool micro = distribution.id.find("micro") != std::string::npos;
  if (micro != has_word(release, "Micro")) return false;
  const std::size_t dot = version.find('.');
  const std::string words = dot == version.npos ? std::string(version)
                                                : std::string(version.substr(0, dot)) + " SP" +
                                                      std::string(version.substr(dot + 1));
  return has_word(release, words) || has_word(release, version);
}

/// What is behind "SUSE:" and "SUSE ", which two kinds of source write.
bool is_suse(std::string_view ecosystem, std::string_view name, const InstalledDistribution& distribution) {
  ecosystem.remove_prefix(name.size());
  return !ecosystem.empty() && (ecosystem[0] == ':' || ecosystem[0] == ' ') &&
         names_service_pack(ecosystem.substr(1), distribution);
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
  if (ecosystem == "Red Hat") return distribution.id == "rhel";
  if (ecosystem.starts_with("Red Hat"))
    return distribution.id == "rhel" && is_release(number_of_either(ecosystem), distribution.version);
  if (names(ecosystem, "AlmaLinux", whole))
    return distribution.id == "almalinux" &&
           is_release(number_between_colons(ecosystem), distribution.version);
  if (names(ecosystem, "Rocky Linux", whole))
    return distribution.id == "rocky" && is_release(number_between_colons(ecosystem), distribution.version);
  if (ecosystem.starts_with("openSUSE"))
    return distribution.id.starts_with("opensuse") && is_suse(ecosystem, "openSUSE", distribution);
  if (ecosystem.starts_with("SUSE"))
    return (distribution.id.starts_with("sle") || distribution.id == "sl-micro") &&
           is_suse(ecosystem, "SUSE", distribution);
  return false;
}

bool names_minor_release(std::string_view ecosystem) {
  return ecosystem.starts_with("Red Hat") && number_of_either(ecosystem).find('.') != std::string_view::npos;
}

bool is_vendor_of(std::string_view vendor, const InstalledDistribution& distribution) {
  struct Builder {
    std::string_view id, word;  // word: in the name of whom the packages themselves tell as their vendor
  };
  constexpr std::array kBuilders = {Builder{"rhel", "Red Hat"},      Builder{"almalinux", "AlmaLinux"},
                                    Builder{"rocky", "Rocky"},       Builder{"centos", "CentOS"},
                                    Builder{"fedora", "Fedora"},     Builder{"ol", "Oracle"},
                                    Builder{"opensuse", "openSUSE"}, Builder{"opensuse", "SUSE"},
                                    Builder{"sle", "SUSE"},          Builder{"sl-micro", "SUSE"}};
  const auto of_this = [&](const Builder& one) {
    // SUSE's and openSUSE's come in several editions.
    return one.word.ends_with("SUSE") ? distribution.id.starts_with(one.id) : distribution.id == one.id;
  };
  if (vendor.empty() || std::ranges::none_of(kBuilders, of_this)) return true;
  return std::ranges::any_of(
      kBuilders, [&](const Builder& one) { return of_this(one) && vendor.find(one.word) != vendor.npos; });
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
  // Documents for people write "Red Hat Enterprise Linux 9" and "openSUSE Leap 15.6".
  return std::ranges::any_of(kNames, [&](std::string_view name) {
    return ecosystem.starts_with(name) && (ecosystem.size() == name.size() || ecosystem[name.size()] == ':' ||
                                           ecosystem[name.size()] == ' ');
  });
}

}  // namespace suture
