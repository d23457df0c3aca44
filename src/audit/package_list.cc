// SPDX-License-Identifier: Apache-2.0
#include "audit/package_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/process.h"

namespace suture {
namespace {

constexpr std::size_t kLargestStatus = 128u << 20;
constexpr std::size_t kLargestList = 64u << 20;
constexpr std::size_t kMostPackages = 100'000;
constexpr std::size_t kLongestField = 512;
constexpr const char* kDpkg = "/var/lib/dpkg";

std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text.substr(0, text.find_last_not_of(" \t\r") + 1);
}

Result<void> add(std::vector<InstalledPackage>& packages, InstalledPackage package) {
  if (packages.size() == kMostPackages)
    return fail("audit.packages", "read the list of packages",
                fmt::format("it has more than {}", kMostPackages));
  packages.push_back(std::move(package));
  return {};
}

/// "openssl (3.0.11-1)": the version stands there where it is another than the package's own.
void set_source(InstalledPackage& package, std::string_view source) {
  package.source_version = package.version;
  package.source = package.name;
  if (source.empty()) return;
  const std::size_t open = source.find(" (");
  package.source = source.substr(0, open);
  if (open != source.npos && source.ends_with(')'))
    package.source_version = source.substr(open + 2, source.size() - open - 3);
}

struct Paragraph {
  InstalledPackage package{};
  std::string_view source{}, status{};
};

bool is_installed(std::string_view status) {
  // The third word. status.d has no such field: what is there is installed.
  return status.empty() || (!status.ends_with("not-installed") && !status.ends_with("config-files"));
}

Result<void> finish(std::vector<InstalledPackage>& packages, Paragraph& paragraph) {
  const bool complete = !paragraph.package.name.empty() && !paragraph.package.version.empty();
  if (complete && is_installed(paragraph.status)) {
    set_source(paragraph.package, paragraph.source);
    TRY(add(packages, std::move(paragraph.package)));
  }
  paragraph = {};
  return {};
}

/// Of "openssl-3.0.7-24.el9.src.rpm" the name, and its version and release.
void set_source_rpm(InstalledPackage& package, std::string_view file) {
  package.source = package.name;
  package.source_version = package.version;
  if (!file.ends_with(".rpm")) return;
  file.remove_suffix(4);
  file = file.substr(0, file.rfind('.'));
  const std::size_t release = file.rfind('-');
  const std::size_t version = release == file.npos || release == 0 ? file.npos : file.rfind('-', release - 1);
  if (version == file.npos || version == 0) return;
  package.source = file.substr(0, version);
  // The file's name lacks the epoch, which nearly always is the package's.
  const std::size_t colon = package.version.find(':');
  const std::string epoch = colon == std::string::npos ? "" : package.version.substr(0, colon + 1);
  package.source_version = epoch + std::string(file.substr(version + 1));
}

Result<std::vector<InstalledPackage>> read_dpkg(const RootFolder& root) {
  std::vector<InstalledPackage> packages;
  const std::string folder = kDpkg;
  if (root.identity(folder + "/status")) {
    packages = TRY(parse_dpkg_status(TRY(root.read_text(folder + "/status", kLargestStatus))));
  }
  for (const std::string& name : TRY(root.names(folder + "/status.d", kMostPackages))) {
    if (name.ends_with(".md5sums")) continue;
    const auto text = root.read_text(folder + "/status.d/" + name, kLargestStatus);
    if (!text) continue;
    for (InstalledPackage& package : TRY(parse_dpkg_status(*text))) TRY(add(packages, std::move(package)));
  }
  return packages;
}

Result<std::vector<InstalledPackage>> read_rpm() {
  const Finished finished = TRY(run_ok({.argv = {"rpm", "-qa", "--qf", kRpmQuery},
                                        .environment = {{"LC_ALL", "C"}},
                                        .output_limit = kLargestStatus}));
  return parse_rpm_query(finished.out);
}

bool has_rpm_database(const RootFolder& root) {
  constexpr std::array kFiles = {"/var/lib/rpm/rpmdb.sqlite", "/var/lib/rpm/Packages.db",
                                 "/var/lib/rpm/Packages", "/usr/lib/sysimage/rpm/rpmdb.sqlite",
                                 "/usr/lib/sysimage/rpm/Packages.db"};
  return std::ranges::any_of(kFiles, [&](const char* file) { return root.identity(file).has_value(); });
}

/// "libssl3:amd64.list" → "libssl3"
std::string package_of_list(std::string_view name) {
  name.remove_suffix(5);
  return std::string(name.substr(0, name.find(':')));
}

}  // namespace

std::string_view merged_name(std::string_view path) {
  constexpr std::array<std::string_view, 6> kMerged = {"/usr/lib/",    "/usr/lib32/", "/usr/lib64/",
                                                       "/usr/libx32/", "/usr/bin/",   "/usr/sbin/"};
  const bool merged =
      std::ranges::any_of(kMerged, [&](std::string_view one) { return path.starts_with(one); });
  return merged ? path.substr(4) : path;
}

Result<std::vector<InstalledPackage>> parse_dpkg_status(std::string_view text) {
  std::vector<InstalledPackage> packages;
  Paragraph paragraph;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (trimmed(line).empty()) {
      TRY(finish(packages, paragraph));
      continue;
    }
    const std::size_t colon = line.find(':');
    if (line.starts_with(' ') || line.starts_with('\t') || colon == line.npos) continue;
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (value.size() > kLongestField) continue;
    const std::string_view field = line.substr(0, colon);
    if (field == "Package") paragraph.package.name = value;
    if (field == "Version") paragraph.package.version = value;
    if (field == "Architecture") paragraph.package.architecture = value;
    if (field == "Source") paragraph.source = value;
    if (field == "Status") paragraph.status = value;
  }
  TRY(finish(packages, paragraph));
  return packages;
}

Result<std::vector<InstalledPackage>> parse_rpm_query(std::string_view text) {
  std::vector<InstalledPackage> packages;
  while (!text.empty()) {
    std::string_view line = take_line(text);
    std::array<std::string_view, 4> fields;
    for (std::string_view& field : fields) {
      field = line.substr(0, line.find('\t'));
      line.remove_prefix(std::min(field.size() + 1, line.size()));
    }
    const bool usable = std::ranges::all_of(
        fields, [](std::string_view field) { return !field.empty() && field.size() <= kLongestField; });
    // Keys that signatures are checked with are packages to rpm.
    if (!usable || fields[0] == "gpg-pubkey") continue;
    InstalledPackage package{.name = std::string(fields[0]),
                             .architecture = std::string(fields[1]),
                             .version = std::string(fields[2])};
    set_source_rpm(package, fields[3]);
    TRY(add(packages, std::move(package)));
  }
  return packages;
}

Result<PackageList> read_packages(const RootFolder& root, bool host) {
  PackageList list;
  list.packages = TRY(read_dpkg(root));
  if (list.packages.empty() && has_rpm_database(root)) {
    if (!host)
      return fail("audit.packages-elsewhere", "read the list of packages",
                  "the RPM database of another root is not read from outside",
                  "Run `suture audit` within it.");
    list = {.kind = PackageKind::kRpm, .packages = TRY(read_rpm())};
  }
  if (list.packages.empty())
    return fail("audit.packages", "read the list of packages", "there is neither dpkg's nor rpm's");
  std::ranges::sort(list.packages, {}, &InstalledPackage::name);
  return list;
}

Result<void> for_each_file(
    const RootFolder& root, PackageKind kind,
    const std::function<void(std::string_view path, std::string_view package)>& visit) {
  if (kind == PackageKind::kRpm) {
    const Finished finished = TRY(run_ok(
        {.argv = {"rpm", "-qa", "--qf", "[%{=NAME}\\t%{FILENAMES}\\n]"}, .environment = {{"LC_ALL", "C"}}}));
    std::string_view text = finished.out;
    while (!text.empty()) {
      const std::string_view line = take_line(text);
      const std::size_t tab = line.find('\t');
      if (tab != line.npos) visit(line.substr(tab + 1), line.substr(0, tab));
    }
    return {};
  }
  const std::string folder = std::string(kDpkg) + "/info";
  for (const std::string& name : TRY(root.names(folder, 4 * kMostPackages))) {
    if (!name.ends_with(".list")) continue;
    const auto list = root.read_text(folder + "/" + name, kLargestList);
    if (!list) continue;
    const std::string package = package_of_list(name);
    std::string_view text = *list;
    while (!text.empty()) visit(take_line(text), package);
  }
  // Small container images have their lists of files beside the packages: "SUM  usr/lib/…".
  const std::string small = std::string(kDpkg) + "/status.d";
  for (const std::string& name : TRY(root.names(small, kMostPackages))) {
    if (!name.ends_with(".md5sums")) continue;
    const auto list = root.read_text(small + "/" + name, kLargestList);
    if (!list) continue;
    const std::string package = name.substr(0, name.size() - 8);
    std::string_view text = *list;
    while (!text.empty()) {
      const std::string_view line = take_line(text);
      const std::size_t blank = line.find("  ");
      if (blank != line.npos) visit("/" + std::string(line.substr(blank + 2)), package);
    }
  }
  return {};
}

Result<std::map<std::string, std::string>> find_owners(const RootFolder& root, PackageKind kind,
                                                       const std::set<std::string>& paths) {
  std::map<std::string_view, std::vector<const std::string*>> wanted;
  for (const std::string& path : paths) wanted[merged_name(path)].push_back(&path);
  std::map<std::string, std::string> owners;
  TRY(for_each_file(root, kind, [&](std::string_view file, std::string_view package) {
    const auto found = wanted.find(merged_name(file));
    if (found == wanted.end()) return;
    for (const std::string* path : found->second) owners.try_emplace(*path, package);
  }));
  return owners;
}

}  // namespace suture
