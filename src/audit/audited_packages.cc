// SPDX-License-Identifier: Apache-2.0
#include "audit/audited_packages.h"

#include <algorithm>
#include <array>

#include "audit/elf_content.h"
#include "base/debian_version.h"
#include "base/rpm_version.h"

namespace suture {
namespace {

constexpr std::size_t kHead = 64u << 10;

bool is_image(std::string_view name) {
  constexpr std::array<std::string_view, 8> kRpmImages = {
      "kernel",         "kernel-core",     "kernel-rt-core", "kernel-64k-core",
      "kernel-default", "kernel-uek-core", "kernel-azure",   "kernel-rt"};
  return name.starts_with("linux-image-") || std::ranges::find(kRpmImages, name) != kRpmImages.end();
}

/// Debian's and Ubuntu's, and those of RPM distributions. Not what only begins so: linux-base,
/// linux-firmware.
bool is_kernel_source(std::string_view source) {
  constexpr std::array<std::string_view, 12> kUbuntu = {
      "linux-aws",   "linux-azure", "linux-gcp", "linux-oracle", "linux-kvm",    "linux-ibm",
      "linux-raspi", "linux-oem",   "linux-hwe", "linux-meta",   "linux-nvidia", "linux-lowlatency"};
  constexpr std::array<std::string_view, 7> kRpm = {
      "kernel", "kernel-rt", "kernel-default", "kernel-uek", "kernel-azure", "kernel-64k", "kernel-source"};
  return source == "linux" ||
         std::ranges::any_of(kUbuntu, [&](std::string_view one) { return source.starts_with(one); }) ||
         std::ranges::find(kRpm, source) != kRpm.end();
}

}  // namespace

std::vector<std::string> PackageGroup::names() const {
  std::vector<std::string> names = {source};
  for (const InstalledPackage& package : packages) {
    if (std::ranges::find(names, package.name) == names.end()) names.push_back(package.name);
  }
  return names;
}

const PackageGroup* GroupedPackages::of_binary(std::string_view name) const {
  const auto found = by_binary.find(name);
  return found == by_binary.end() ? nullptr : &groups[found->second];
}

GroupedPackages group_packages(const PackageList& list) {
  std::map<std::pair<std::string, std::string>, PackageGroup> groups;
  for (const InstalledPackage& one : list.packages) {
    InstalledPackage package = with_plain_source(one);
    PackageGroup& group = groups[{package.source, package.source_version}];
    group.source = package.source;
    group.version = package.source_version;
    group.kernel = is_kernel_source(package.source);
    group.packages.push_back(std::move(package));
  }
  GroupedPackages result;
  for (auto& [key, group] : groups) {
    for (const InstalledPackage& package : group.packages)
      result.by_binary.try_emplace(package.name, result.groups.size());
    result.groups.push_back(std::move(group));
  }
  return result;
}

KernelPackages kernel_packages(const GroupedPackages& packages, PackageKind kind,
                               const std::string& release) {
  KernelPackages result;
  const auto older = [&](const std::string& a, const std::string& b) {
    return (kind == PackageKind::kDebian ? compare_debian_versions(a, b) : compare_rpm_versions(a, b)) < 0;
  };
  for (const PackageGroup& group : packages.groups) {
    for (const InstalledPackage& package : group.packages) {
      if (!group.kernel || !is_image(package.name)) continue;
      // An RPM package's name is the same for all; its version and architecture are the release.
      const std::string version = package.version.substr(package.version.find(':') + 1);
      const bool runs = kind == PackageKind::kDebian
                            ? package.name == "linux-image-" + release ||
                                  package.name == "linux-image-unsigned-" + release ||
                                  package.name == "linux-image-" + release + "-unsigned"
                            : version + "." + package.architecture == release;
      if (runs) result.running = package;
      if (result.newest.empty() || older(result.newest, package.source_version))
        result.newest = package.source_version;
    }
  }
  return result;
}

std::string build_id_of_file(const RootFolder& root, const std::string& path) {
  const auto file = root.open_file(path);
  if (!file) return "";
  const auto head = file->read(0, kHead);
  if (!head) return "";
  const auto content = parse_elf_content(*head);
  return content ? content->build_id : "";
}

Result<std::vector<PackagedFile>> find_named(const RootFolder& root, PackageKind kind,
                                             const std::set<std::string>& names) {
  std::vector<PackagedFile> files;
  TRY(for_each_file(root, kind, [&](std::string_view path, std::string_view package) {
    const std::string_view name = path.substr(path.rfind('/') + 1);
    if (names.contains(std::string(name)))
      files.push_back({.path = std::string(path), .package = std::string(package)});
  }));
  return files;
}

}  // namespace suture
