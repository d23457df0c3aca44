// SPDX-License-Identifier: Apache-2.0
#include "advisory/ecosystem.h"

#include <algorithm>
#include <array>
#include <utility>

namespace suture {
namespace {

constexpr std::array kDebianReleases{
    std::pair{std::string_view("9"), std::string_view("stretch")},
    std::pair{std::string_view("10"), std::string_view("buster")},
    std::pair{std::string_view("11"), std::string_view("bullseye")},
    std::pair{std::string_view("12"), std::string_view("bookworm")},
    std::pair{std::string_view("13"), std::string_view("trixie")},
    std::pair{std::string_view("14"), std::string_view("forky")},
    std::pair{std::string_view("unstable"), std::string_view("sid")},
};

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

bool holds_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(
      words, [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

/// As most distributions of RPM packages call it. Their platforms are named for people: "Red Hat Enterprise
/// Linux 9", "openSUSE Leap 15.6".
bool is_rpm_kernel(std::string_view ecosystem, std::string_view name) {
  return (name == "kernel" || name.starts_with("kernel-")) && name != "kernel-firmware" &&
         holds_one_of(ecosystem, {"Linux", "SUSE", "Red Hat", "Fedora", "openEuler", "Mageia", "Photon"});
}

}  // namespace

std::string canonical_ecosystem(std::string_view ecosystem) {
  constexpr std::string_view kDebian = "Debian:";
  if (!ecosystem.starts_with(kDebian)) return std::string(ecosystem);
  std::string_view release = ecosystem.substr(kDebian.size());
  for (const std::string_view suite : {"-security", "-updates", "-proposed-updates"}) {
    if (release.ends_with(suite)) release.remove_suffix(suite.size());
  }
  const auto known =
      std::ranges::find_if(kDebianReleases, [&](const auto& pair) { return pair.first == release; });
  return std::string(kDebian) + std::string(known == kDebianReleases.end() ? release : known->second);
}

bool is_kernel_product(const AffectedProduct& product) {
  const std::string_view name = product.name;
  const std::string_view ecosystem = product.ecosystem;
  if (ecosystem == "kernel.org") return name == "Linux";
  if (ecosystem == "Linux") return name == "Kernel";
  if (ecosystem.starts_with("Debian")) {
    constexpr std::string_view kVersioned = "linux-";
    return name == "linux" || (name.starts_with(kVersioned) && name.size() > kVersioned.size() &&
                               name[kVersioned.size()] >= '0' && name[kVersioned.size()] <= '9');
  }
  if (ecosystem.starts_with("Ubuntu")) {
    return name == "linux" ||
           (name.starts_with("linux-") && !is_one_of(name, {"linux-firmware", "linux-base", "linux-atm"}));
  }
  return is_rpm_kernel(ecosystem, name);
}

}  // namespace suture
