// SPDX-License-Identifier: Apache-2.0
#include "scanner/kernel_purl.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/utf8.h"

namespace suture {
namespace {

constexpr std::string_view kDebFamily[] = {"debian", "ubuntu"};
constexpr std::string_view kRpmFamily[] = {"almalinux", "amzn", "centos", "fedora", "ol", "rhel", "rocky"};

/// A kernel's has letters, digits and underscores; anything else would not be understood.
std::string plain_architecture(std::string_view architecture) {
  std::string plain(architecture);
  std::ranges::replace_if(
      plain, [](char c) { return !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'); }, '_');
  return plain;
}

/// What dpkg calls it (dpkg-architecture(1)); other names are the kernel's own.
std::string_view deb_architecture(std::string_view architecture) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kNames = {
      {{"x86_64", "amd64"}, {"aarch64", "arm64"}, {"ppc64le", "ppc64el"}, {"i686", "i386"}}};
  const auto* const found =
      std::ranges::find(kNames, architecture, [](const auto& pair) { return pair.first; });
  return found == kNames.end() ? architecture : found->second;
}

std::string versioned(std::string_view name, std::string_view version) {
  return percent_encoded(name) + (version.empty() ? "" : "@" + percent_encoded(version));
}

/// "5.14.0-427.13.1.el9_4.x86_64", or "….x86_64+rt" of a flavour, whose package has its name.
std::string rpm_purl(const ScannedHost& host) {
  const std::string_view release = host.release;
  const auto plus = release.find('+');
  const std::string_view flavour = plus == std::string_view::npos ? "" : release.substr(plus + 1);
  std::string_view version = release.substr(0, plus);
  const std::string suffix = "." + host.architecture;
  if (version.ends_with(suffix)) version.remove_suffix(suffix.size());
  const std::string name = flavour.empty() ? "kernel-core" : fmt::format("kernel-{}-core", flavour);
  return fmt::format("pkg:rpm/{}/{}?arch={}", percent_encoded(host.distribution), versioned(name, version),
                     plain_architecture(host.architecture));
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : as_utf8(text)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '-' || c == '_' || c == '~';
    encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

std::string kernel_purl(const ScannedHost& host) {
  if (std::ranges::find(kDebFamily, host.distribution) != std::end(kDebFamily)) {
    return fmt::format("pkg:deb/{}/{}?arch={}", percent_encoded(host.distribution),
                       versioned("linux-image-" + host.release, host.version),
                       plain_architecture(deb_architecture(host.architecture)));
  }
  if (std::ranges::find(kRpmFamily, host.distribution) != std::end(kRpmFamily)) return rpm_purl(host);
  return fmt::format("pkg:generic/{}?arch={}", versioned("linux", host.release),
                     plain_architecture(host.architecture));
}

}  // namespace suture
