// SPDX-License-Identifier: Apache-2.0
//
// Which packages make up one Debian kernel. A point release takes older versions out of the archive one
// package at a time, so the parts of one kernel need not all be there: linux-kbuild, which all ABIs of a
// series share, is the first to go, and a newer one does the same work.
#include <algorithm>

#include "base/debian_version.h"
#include "target/debian.h"

namespace suture {
namespace {

constexpr std::string_view kImagePrefix = "linux-image-";
constexpr const char* kGoneHint =
    "Add an archive that keeps old versions to apt's configuration, or take a newer kernel: "
    "`suture target search debian`.";

bool satisfies(std::string_view version, const DebianDependency& dependency) {
  const auto order = compare_debian_versions(version, dependency.version);
  if (dependency.relation.empty()) return true;
  if (dependency.relation == "=") return order == 0;
  if (dependency.relation == ">=") return order >= 0;
  if (dependency.relation == ">>") return order > 0;
  if (dependency.relation == "<=") return order <= 0;
  return dependency.relation == "<<" && order < 0;
}

std::string versions_text(const std::vector<AptPackage>& packages) {
  std::string text;
  for (const auto& package : packages) text += (text.empty() ? "" : ", ") + package.version;
  return text;
}

/// The lowest version that satisfies, as nearest to what the kernel was built with.
Result<AptPackage> nearest(const DebianDependency& wanted, const PackageLookup& lookup) {
  const auto versions = TRY(lookup(wanted.name));
  const auto found =
      std::ranges::find_if(versions, [&](const AptPackage& p) { return satisfies(p.version, wanted); });
  if (found != versions.end()) return *found;
  const std::string what =
      "find the package " + wanted.name + " (" + wanted.relation + " " + wanted.version + ")";
  return fail(
      "target.version-gone", what,
      versions.empty() ? "the archive has no such package" : "the archive has " + versions_text(versions),
      kGoneHint);
}

/// The dependency of the headers which begins and ends so.
Result<DebianDependency> dependency_of(const AptPackage& headers, std::string_view prefix,
                                       std::string_view middle) {
  for (const DebianDependency& dependency : parse_debian_depends(headers.depends)) {
    if (dependency.name.starts_with(prefix) && dependency.name.contains(middle)) return dependency;
  }
  return fail("target.unknown-layout", "find what " + headers.name + " depends on",
              "it names no package " + std::string(prefix) + "*" + std::string(middle));
}

/// "6.1" of "6.1.170-3", as in the name of the source package.
std::string series_of(std::string_view version) {
  const std::size_t first = version.find('.');
  if (first == version.npos) return std::string(version);
  return std::string(version.substr(0, version.find_first_not_of("0123456789", first + 1)));
}

Result<AptPackage> choose_image(const std::string& release, const std::string& version,
                                const PackageLookup& lookup) {
  const std::string name = std::string(kImagePrefix) + release;
  auto versions = TRY(lookup(name));
  // The unsigned package carries the same kernel; its modules and image only lack the signatures.
  if (versions.empty()) versions = TRY(lookup(name + "-unsigned"));
  if (versions.empty()) {
    return fail("target.unknown", "find the kernel " + release, "the archive has no package " + name);
  }
  if (version.empty()) return versions.back();
  const auto found = std::ranges::find(versions, version, &AptPackage::version);
  if (found != versions.end()) return *found;
  return fail("target.version-gone", "find the kernel " + release + " of version " + version,
              "the archive has " + versions_text(versions), kGoneHint);
}

bool has_three_numbers(std::string_view release) {
  for (int dots = 0;; ++dots) {
    const std::size_t digits = std::min(release.find_first_not_of("0123456789"), release.size());
    if (digits == 0) return false;
    if (dots == 2) return true;
    release.remove_prefix(digits);
    if (!release.starts_with('.')) return false;
    release.remove_prefix(1);
  }
}

}  // namespace

std::vector<DebianDependency> parse_debian_depends(std::string_view depends) {
  std::vector<DebianDependency> result;
  while (!depends.empty()) {
    const std::size_t end = std::min(depends.find_first_of(",|"), depends.size());
    std::string_view one = depends.substr(0, end);
    depends.remove_prefix(std::min(end + 1, depends.size()));
    one.remove_prefix(std::min(one.find_first_not_of(' '), one.size()));
    DebianDependency dependency;
    dependency.name = one.substr(0, one.find_first_of(" :(["));
    const std::size_t open = one.find('(');
    const std::size_t close = one.find(')', std::min(open, one.size()));
    if (open != one.npos && close != one.npos) {
      const std::string_view inner = one.substr(open + 1, close - open - 1);
      const std::size_t relation_end = std::min(inner.find_first_not_of("<>="), inner.size());
      const std::size_t version_start = inner.find_first_not_of(' ', relation_end);
      dependency.relation = inner.substr(0, relation_end);
      if (version_start != inner.npos) dependency.version = inner.substr(version_start);
    }
    if (!dependency.name.empty()) result.push_back(std::move(dependency));
  }
  return result;
}

Result<DebianPackages> choose_debian_packages(const std::string& release, const std::string& version,
                                              const PackageLookup& lookup) {
  DebianPackages chosen;
  chosen.image = TRY(choose_image(release, version, lookup));
  for (const DebianDependency& dependency : parse_debian_depends(chosen.image.depends)) {
    for (const char* part : {"linux-base-", "linux-binary-", "linux-modules-"}) {
      if (dependency.name == part + release) chosen.parts.push_back(TRY(nearest(dependency, lookup)));
    }
  }
  chosen.headers = TRY(nearest({"linux-headers-" + release, "=", chosen.image.version}, lookup));
  chosen.common_headers =
      TRY(nearest(TRY(dependency_of(chosen.headers, "linux-headers-", "-common")), lookup));
  chosen.kbuild = TRY(nearest(TRY(dependency_of(chosen.headers, "linux-kbuild-", "")), lookup));
  const std::string source = "linux-source-" + series_of(chosen.image.version);
  chosen.source = TRY(nearest({source, "=", chosen.image.version}, lookup));
  return chosen;
}

std::vector<std::string> debian_releases(const std::vector<std::string>& package_names) {
  std::vector<std::string> releases;
  for (std::string_view name : package_names) {
    if (!name.starts_with(kImagePrefix)) continue;
    name.remove_prefix(kImagePrefix.size());
    if (name.ends_with("-unsigned")) name.remove_suffix(std::string_view("-unsigned").size());
    if (name.ends_with("-dbg") || name.ends_with("-template") || !has_three_numbers(name)) continue;
    releases.emplace_back(name);
  }
  std::ranges::sort(releases, [](const std::string& a, const std::string& b) {
    const auto order = compare_debian_versions(a, b);
    return order != 0 ? order < 0 : a < b;
  });
  const auto again = std::ranges::unique(releases);
  releases.erase(again.begin(), again.end());
  return releases;
}

}  // namespace suture
