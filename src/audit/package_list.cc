// SPDX-License-Identifier: Apache-2.0
#include "audit/package_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "audit/rpm_database.h"
#include "audit/rpm_header.h"
#include "base/lines.h"
#include "base/process.h"

namespace suture {
namespace {

constexpr std::size_t kLargestStatus = 128u << 20;
constexpr std::size_t kLargestList = 64u << 20;
constexpr std::size_t kMostPackages = 100'000;
constexpr std::size_t kLongestField = 512;
constexpr const char* kDpkg = "/var/lib/dpkg";

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

/// Keys that signatures are checked with are packages to rpm.
bool is_key(std::string_view name) {
  return name == "gpg-pubkey";
}

/// With the rpm that is here.
Result<std::vector<InstalledPackage>> query_rpm() {
  const Finished finished = TRY(run_ok({.argv = {"rpm", "-qa", "--qf", kRpmQuery},
                                        .environment = {{"LC_ALL", "C"}},
                                        .output_limit = kLargestStatus}));
  return parse_rpm_query(finished.out);
}

Result<std::vector<InstalledPackage>> read_rpm(const RootFolder& root, const RpmDatabaseFile& file,
                                               bool host) {
  if (file.form == RpmForm::kBerkeley && host) return query_rpm();
  std::vector<InstalledPackage> packages;
  TRY(for_each_rpm_header(root, file, [&](ByteView header) {
    auto package = parse_rpm_header(header);
    if (package && !is_key(package->name)) packages.push_back(*std::move(package));
  }));
  return packages;
}

void visit_rpm_files(std::string_view text,
                     const std::function<void(std::string_view path, std::string_view package)>& visit) {
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const std::size_t tab = line.find('\t');
    if (tab != line.npos) visit(line.substr(tab + 1), line.substr(0, tab));
  }
}

Result<void> for_each_file_of_rpm(
    const RootFolder& root,
    const std::function<void(std::string_view path, std::string_view package)>& visit) {
  const auto file = find_rpm_database(root);
  if (!file) return {};
  if (file->form == RpmForm::kBerkeley) {
    // Of the host: another root's packages were not to be had.
    const Finished finished = TRY(run_ok(
        {.argv = {"rpm", "-qa", "--qf", "[%{=NAME}\\t%{FILENAMES}\\n]"}, .environment = {{"LC_ALL", "C"}}}));
    visit_rpm_files(finished.out, visit);
    return {};
  }
  return for_each_rpm_header(root, *file, [&](ByteView header) {
    const auto package = parse_rpm_header(header);
    if (!package || is_key(package->name)) return;
    for_each_rpm_file(header, [&](std::string_view path) { visit(path, package->name); });
  });
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
    std::array<std::string_view, 5> fields;
    for (std::string_view& field : fields) {
      field = line.substr(0, line.find('\t'));
      line.remove_prefix(std::min(field.size() + 1, line.size()));
    }
    const bool short_enough =
        std::ranges::all_of(fields, [](std::string_view field) { return field.size() <= kLongestField; });
    const bool complete =
        !fields[0].empty() && !fields[1].empty() && !fields[2].empty() && !fields[3].empty();
    if (!short_enough || !complete || is_key(fields[0])) continue;
    InstalledPackage package{.name = std::string(fields[0]),
                             .architecture = std::string(fields[1]),
                             .version = std::string(fields[2])};
    set_source_rpm(package, fields[3]);
    package.vendor = fields[4];
    TRY(add(packages, std::move(package)));
  }
  return packages;
}

Result<PackageList> read_packages(const RootFolder& root, bool host) {
  PackageList list;
  list.packages = TRY(read_dpkg(root));
  if (const auto file = find_rpm_database(root); list.packages.empty() && file)
    list = {.kind = PackageKind::kRpm, .packages = TRY(read_rpm(root, *file, host))};
  if (list.packages.empty())
    return fail("audit.packages", "read the list of packages", "there is neither dpkg's nor rpm's");
  std::ranges::sort(list.packages, {}, &InstalledPackage::name);
  return list;
}

Result<void> for_each_file(
    const RootFolder& root, PackageKind kind,
    const std::function<void(std::string_view path, std::string_view package)>& visit) {
  if (kind == PackageKind::kRpm) return for_each_file_of_rpm(root, visit);
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
