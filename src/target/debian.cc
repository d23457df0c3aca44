// SPDX-License-Identifier: Apache-2.0
#include "target/debian.h"

#include <algorithm>
#include <array>

#include "base/process.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kImagePrefix = "linux-image-";

// Names go to apt as arguments, so they must be names: letters, digits and what releases are made of.
Result<void> check_name(std::string_view text, std::string_view kind) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("+-.~:").contains(c);
  };
  if (!text.empty() && text.front() != '-' && std::ranges::all_of(text, plain)) return {};
  return fail("target.unknown", "find the kernel \"" + std::string(text) + "\"",
              "that is not the " + std::string(kind) + " of a kernel");
}

Result<std::vector<AptPackage>> look_up(const std::string& name) {
  return TRY(apt_show({name}))[name];
}

/// "cloud-amd64" of "6.1.0-47-cloud-amd64".
std::string_view flavour_of(std::string_view release) {
  const std::size_t abi = release.find('-');
  const std::size_t flavour = abi == release.npos ? abi : release.find('-', abi + 1);
  return flavour == release.npos ? std::string_view{} : release.substr(flavour + 1);
}

/// Releases to offer for one that is not there: those of the same version and flavour, or else of the same
/// version, or else the newest.
std::string near_releases(const std::string& release, const std::vector<std::string>& all) {
  constexpr std::size_t kMost = 8;
  const std::string version = release.substr(0, release.find('-'));
  std::vector<std::string> near;
  for (const bool same_flavour : {true, false}) {
    std::ranges::copy_if(all, std::back_inserter(near), [&](const std::string& candidate) {
      return candidate.starts_with(version) &&
             (!same_flavour || flavour_of(candidate) == flavour_of(release));
    });
    if (!near.empty()) break;
  }
  if (near.empty()) near = all;
  std::string text;
  for (std::size_t i = near.size() > kMost ? near.size() - kMost : 0; i < near.size(); ++i)
    text += "\n  " + near[i];
  return text;
}

class Debian final : public Distribution {
 public:
  std::string name() const override { return "debian"; }
  Result<std::vector<AvailableKernel>> search(std::string_view pattern) const override;
  Result<KernelPlan> plan(const std::string& release, const std::string& version,
                          Progress& progress) const override;
  Result<KernelLayout> fetch_kernel(const KernelPlan& plan, const fs::path& root,
                                    Progress& progress) const override;
  Result<void> fetch_source(const KernelPlan& plan, const fs::path& tree, Progress& progress) const override;

 private:
  static Result<DebianPackages> choose(const std::string& release, const std::string& version,
                                       Progress& progress);
};

Result<std::vector<AvailableKernel>> Debian::search(std::string_view pattern) const {
  std::vector<std::string> names;
  for (const auto& release : debian_releases(TRY(apt_names(std::string(kImagePrefix))))) {
    if (!release.contains(pattern)) continue;
    names.push_back(std::string(kImagePrefix) + release);
    names.push_back(names.back() + "-unsigned");
  }
  const auto packages = TRY(apt_show(names));
  std::vector<AvailableKernel> kernels;
  for (std::size_t i = 0; i < names.size(); i += 2) {
    auto found = packages.find(names[i]);
    if (found == packages.end()) found = packages.find(names[i + 1]);
    if (found == packages.end()) continue;
    for (const auto& package : found->second) {
      kernels.push_back({names[i].substr(kImagePrefix.size()), package.version});
    }
  }
  return kernels;
}

/// An archive moves on while a machine's lists stand still, so what the lists lack is looked for once more in
/// new ones.
Result<DebianPackages> Debian::choose(const std::string& release, const std::string& version,
                                      Progress& progress) {
  auto chosen = choose_debian_packages(release, version, look_up);
  if (chosen) return chosen;
  const std::string code = chosen.error().code;
  if (code != "target.unknown" && code != "target.version-gone") return chosen;
  progress.step("fetch the archive's lists");
  const auto updated = apt_update();
  if (updated) chosen = choose_debian_packages(release, version, look_up);
  if (chosen) return chosen;
  Error error = std::move(chosen).error();
  if (!updated) error.why += "; and its newest lists could not be fetched: " + updated.error().why;
  if (!updated && updated.error().code == "target.no-network") error.code = updated.error().code;
  if (!updated && !updated.error().hint.empty()) error.hint = updated.error().hint;
  if (error.code == "target.unknown") {
    const auto names = apt_names(std::string(kImagePrefix));
    const auto releases = names ? debian_releases(*names) : std::vector<std::string>{};
    if (!releases.empty()) error.hint = "It has, among others:" + near_releases(release, releases);
  }
  return std::unexpected(std::move(error));
}

Result<KernelPlan> Debian::plan(const std::string& release, const std::string& version,
                                Progress& progress) const {
  TRY(check_name(release, "release"));
  if (!version.empty()) TRY(check_name(version, "version"));
  progress.step("look in the archive");
  const DebianPackages chosen = TRY(choose(release, version, progress));
  KernelPlan plan;
  plan.release = release;
  plan.version = chosen.image.version;
  plan.architecture = "x86_64";
  plan.source_name = chosen.source.name + "_" + chosen.source.version;
  for (const AptPackage* package : {&chosen.image, &chosen.headers, &chosen.common_headers, &chosen.kbuild}) {
    plan.kernel_size += package->size + package->installed_size;
    plan.packages[package->name] = package->version;
  }
  plan.packages[chosen.source.name] = chosen.source.version;
  // The package, the archive in it, and the tree, which is some ten times as large.
  plan.source_size = 12 * chosen.source.size;
  return plan;
}

/// The planned packages, of the source or all others, with what the archive says of them.
Result<std::vector<AptPackage>> planned(const KernelPlan& plan, bool source) {
  std::vector<AptPackage> result;
  for (const auto& [name, version] : plan.packages) {
    if (name.starts_with("linux-source-") != source) continue;
    const auto versions = TRY(look_up(name));
    const auto found = std::ranges::find(versions, version, &AptPackage::version);
    if (found == versions.end())
      return fail("target.version-gone", "fetch " + name, "the archive changed meanwhile");
    result.push_back(*found);
  }
  return result;
}

/// First of these paths that is there, relative to `root`.
Result<fs::path> first_of(const fs::path& root, const std::vector<fs::path>& candidates) {
  for (const fs::path& candidate : candidates) {
    std::error_code ignored;
    if (fs::exists(root / candidate, ignored)) return candidate;
  }
  return fail("target.unknown-layout", "look at the unpacked packages",
              "they hold no " + candidates.front().string(),
              "This release packages its kernels in an unknown way.");
}

Result<KernelLayout> Debian::fetch_kernel(const KernelPlan& plan, const fs::path& root,
                                          Progress& progress) const {
  const TempDir folder = TRY(TempDir::make("packages", root.parent_path()));
  const auto packages = TRY(planned(plan, false));
  const auto files = TRY(apt_download(packages, folder.path(), progress));
  fs::path common, kbuild;
  for (std::size_t i = 0; i < packages.size(); ++i) {
    const std::string& name = packages[i].name;
    progress.step("unpack " + name);
    TRY(unpack_deb(files[i], root));
    if (name.starts_with("linux-headers-") && name.contains("-common")) common = fs::path("usr/src") / name;
    if (name.starts_with("linux-kbuild-")) kbuild = fs::path("usr/lib") / name;
  }
  const fs::path headers = fs::path("usr/src") / ("linux-headers-" + plan.release);
  const fs::path modules = fs::path("lib/modules") / plan.release;
  KernelLayout layout;
  layout.image = TRY(first_of(root, {fs::path("boot") / ("vmlinuz-" + plan.release)}));
  layout.modules = TRY(first_of(root, {modules, "usr" / modules}));
  layout.headers = TRY(first_of(root, {headers}));
  layout.common_headers = TRY(first_of(root, {common}));
  layout.kbuild = TRY(first_of(root, {kbuild}));
  // Not /boot/config-…: that one lacks lines such as CONFIG_BUILD_SALT.
  layout.config = TRY(first_of(root, {headers / ".config"}));
  return layout;
}

Result<void> Debian::fetch_source(const KernelPlan& plan, const fs::path& tree, Progress& progress) const {
  const TempDir folder = TRY(TempDir::make("packages", tree.parent_path()));
  const auto packages = TRY(planned(plan, true));
  const auto files = TRY(apt_download(packages, folder.path(), progress));
  progress.step("unpack " + packages.front().name);
  TRY(unpack_deb(files.front(), folder.path()));
  const fs::path archive = folder.path() / "usr/src" / (packages.front().name + ".tar.xz");
  progress.step("unpack the source tree");
  auto unpacked = run_ok({.argv = {"tar", "--extract", "--file", archive.string(), "--directory",
                                   tree.string(), "--strip-components=1", "--no-same-owner"},
                          .environment = {{"LC_ALL", "C"}, {"XZ_DEFAULTS", "--threads=0"}},
                          .timeout = std::chrono::hours(2)});
  if (!unpacked) return std::unexpected(explain_failure(std::move(unpacked).error()));
  return {};
}

}  // namespace

std::unique_ptr<Distribution> make_debian() {
  return std::make_unique<Debian>();
}

}  // namespace suture
