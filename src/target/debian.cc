// SPDX-License-Identifier: Apache-2.0
#include "target/debian.h"

#include <algorithm>
#include <optional>
#include <set>

#include "base/debian_version.h"
#include "base/process.h"
#include "target/debian_root.h"
#include "target/debian_rt.h"
#include "target/debian_suites.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kImagePrefix = "linux-image-";
constexpr std::chrono::hours kDay{24};
constexpr std::chrono::hours kEver = std::chrono::hours(24 * 365 * 100);

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

PackageLookup lookup_in(const Apt& apt) {
  return [&apt](const std::string& name) -> Result<std::vector<AptPackage>> {
    return TRY(apt.show({name}))[name];
  };
}

/// "cloud-amd64" of "6.1.0-47-cloud-amd64" and of "6.12.107+deb13-cloud-amd64".
std::string_view flavour_of(std::string_view release) {
  std::size_t at = release.find('-');
  // Up to 6.11 a number of the ABI stands between.
  if (at != release.npos && at + 1 < release.size() && release[at + 1] >= '0' && release[at + 1] <= '9')
    at = release.find('-', at + 1);
  return at == release.npos ? std::string_view{} : release.substr(at + 1);
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
  explicit Debian(fs::path lists) : lists_(std::move(lists)) {}
  std::string name() const override { return "debian"; }
  Result<std::vector<AvailableKernel>> search(std::string_view pattern) const override;
  Result<KernelPlan> plan(const std::string& release, const std::string& version,
                          Progress& progress) const override;
  Result<KernelLayout> fetch_kernel(const KernelPlan& plan, const fs::path& root,
                                    Progress& progress) const override;
  Result<void> fetch_source(const KernelPlan& plan, const fs::path& tree, Progress& progress) const override;
  Result<void> fetch_compiler(const KernelPlan& plan, const std::string& compiler, const fs::path& root,
                              Progress& progress) const override;

 private:
  /// All archives. apt is asked where they are once, for whoever needs them first.
  Result<const std::vector<DebianSuites>*> archives() const;
  Result<const DebianSuites*> suites_of(const KernelPlan& plan) const;

  fs::path lists_;
  mutable std::optional<std::vector<DebianSuites>> archives_;
};

Result<void> kernels_in(const DebianSuites& suites, std::string_view pattern,
                        std::vector<AvailableKernel>& kernels) {
  std::vector<std::string> names;
  for (const auto& release : debian_releases(TRY(suites.apt.names(std::string(kImagePrefix))))) {
    if (!release.contains(pattern)) continue;
    names.push_back(std::string(kImagePrefix) + release);
    names.push_back(names.back() + "-unsigned");
  }
  const auto packages = TRY(suites.apt.show(names));
  for (std::size_t i = 0; i < names.size(); i += 2) {
    auto found = packages.find(names[i]);
    if (found == packages.end()) found = packages.find(names[i + 1]);
    if (found == packages.end()) continue;
    for (const auto& package : found->second) {
      AvailableKernel kernel{names[i].substr(kImagePrefix.size()), package.version, suites.codename};
      const bool known = std::ranges::any_of(kernels, [&kernel](const AvailableKernel& other) {
        return other.release == kernel.release && other.version == kernel.version;
      });
      if (!known) kernels.push_back(std::move(kernel));
    }
  }
  return {};
}

Result<std::vector<AvailableKernel>> Debian::search(std::string_view pattern) const {
  std::vector<AvailableKernel> kernels;
  for (const DebianSuites& suites : *TRY(archives())) {
    // Without a network, what was fetched last is better than nothing.
    if (!suites.apt.fetched_within(kDay)) {
      [[maybe_unused]] const Result<void> ignored = suites.apt.update();
    }
    TRY(kernels_in(suites, pattern, kernels));
  }
  std::ranges::stable_sort(kernels, [](const AvailableKernel& a, const AvailableKernel& b) {
    return compare_debian_versions(a.version, b.version) < 0;
  });
  return kernels;
}

/// Looks for one kernel in one archive after the other. Archives move on while lists stand still, so when all
/// lack it they are looked through once more, with new lists.
class Chooser {
 public:
  Chooser(const std::vector<DebianSuites>& archives, const std::string& release, const std::string& version,
          Progress& progress)
      : archives_(archives), release_(release), version_(version), progress_(progress) {}

  Result<std::pair<const DebianSuites*, DebianPackages>> run() {
    for (const DebianSuites& suites : archives_) {
      if (!suites.apt.fetched_within(kEver)) update(suites);
      if (look_in(suites)) return *found_;
    }
    for (const DebianSuites& suites : archives_) {
      if (!updated_.contains(&suites)) update(suites);
      if (look_in(suites)) return *found_;
    }
    return std::unexpected(explained());
  }

 private:
  void update(const DebianSuites& suites) {
    progress_.step("fetch the lists of " + suites.text());
    updated_.insert(&suites);
    if (auto updated = suites.apt.update(); !updated && !no_lists_) no_lists_ = std::move(updated).error();
  }

  bool look_in(const DebianSuites& suites) {
    progress_.step("look in " + suites.text());
    auto chosen = choose_debian_packages(release_, version_, lookup_in(suites.apt));
    if (chosen) {
      found_ = std::pair(&suites, std::move(*chosen));
      return true;
    }
    // That a part of the kernel is gone says more than that it is not known.
    if (!failure_ || (failure_->code == "target.unknown" && chosen.error().code != "target.unknown"))
      failure_ = std::move(chosen).error();
    return false;
  }

  Error explained() {
    Error error = std::move(*failure_);
    if (no_lists_) {
      error.why += "; and newer lists could not be fetched: " + no_lists_->why;
      if (no_lists_->code == "target.no-network") error.code = no_lists_->code;
      if (!no_lists_->hint.empty()) error.hint = no_lists_->hint;
    }
    if (error.code != "target.unknown") return error;
    std::vector<std::string> names;
    for (const DebianSuites& suites : archives_) {
      const auto some = suites.apt.names(std::string(kImagePrefix));
      if (some) names.insert(names.end(), some->begin(), some->end());
    }
    const std::vector<std::string> releases = debian_releases(names);
    if (!releases.empty()) error.hint = "There are, among others:" + near_releases(release_, releases);
    return error;
  }

  const std::vector<DebianSuites>& archives_;
  const std::string& release_;
  const std::string& version_;
  Progress& progress_;
  std::set<const DebianSuites*> updated_;
  std::optional<std::pair<const DebianSuites*, DebianPackages>> found_;
  std::optional<Error> failure_;
  std::optional<Error> no_lists_;
};

Result<KernelPlan> Debian::plan(const std::string& release, const std::string& version,
                                Progress& progress) const {
  TRY(check_name(release, "release"));
  if (!version.empty()) TRY(check_name(version, "version"));
  const auto [suites, chosen] = TRY(Chooser(*TRY(archives()), release, version, progress).run());
  KernelPlan plan;
  plan.archive = suites->codename;
  plan.release = release;
  plan.version = chosen.image.version;
  plan.architecture = "x86_64";
  plan.source_name = chosen.source.name + "_" + chosen.source.version + (is_real_time(release) ? "_rt" : "");
  std::vector<AptPackage> packages = chosen.parts;
  packages.insert(packages.end(), {chosen.image, chosen.headers, chosen.common_headers, chosen.kbuild});
  for (const AptPackage& package : packages) {
    plan.kernel_size += package.size + package.installed_size;
    plan.packages[package.name] = package.version;
  }
  plan.packages[chosen.source.name] = chosen.source.version;
  // The package, the archive in it, and the tree, which is some ten times as large.
  plan.source_size = 12 * chosen.source.size;
  return plan;
}

Result<const std::vector<DebianSuites>*> Debian::archives() const {
  if (!archives_) archives_ = TRY(debian_suites(lists_));
  return &*archives_;
}

Result<const DebianSuites*> Debian::suites_of(const KernelPlan& plan) const {
  const std::vector<DebianSuites>& all = *TRY(archives());
  const auto found = std::ranges::find(all, plan.archive, &DebianSuites::codename);
  if (found != all.end()) return &*found;
  return fail("target.version-gone", "fetch " + plan.release, "the configured archives changed meanwhile");
}

/// The planned packages, of the source or all others, with what the archive says of them.
Result<std::vector<AptPackage>> planned(const KernelPlan& plan, const Apt& apt, bool source) {
  std::vector<AptPackage> result;
  for (const auto& [name, version] : plan.packages) {
    if (name.starts_with("linux-source-") != source) continue;
    const std::vector<AptPackage> versions = TRY(apt.show({name}))[name];
    const auto found = std::ranges::find(versions, version, &AptPackage::version);
    if (found == versions.end())
      return fail("target.version-gone", "fetch " + name, "the archive changed meanwhile");
    result.push_back(*found);
  }
  return result;
}

constexpr const char* kOtherLayout = "This release packages its kernels in an unknown way.";

/// Relative to `root`; empty when it has none. A signed image's package has its own version scheme, so dpkg
/// calls it a native one. From 7.2 on, linux-base has what linux-image had.
fs::path changelog_of(const std::string& release, const fs::path& root) {
  for (const char* package : {"linux-image-", "linux-base-"}) {
    for (const char* ending : {"", "-unsigned"}) {
      for (const char* name : {"changelog.gz", "changelog.Debian.gz"}) {
        const fs::path file = fs::path("usr/share/doc") / (package + release + ending) / name;
        std::error_code ignored;
        if (fs::is_regular_file(root / file, ignored)) return file;
      }
    }
  }
  return {};
}

Result<KernelLayout> Debian::fetch_kernel(const KernelPlan& plan, const fs::path& root,
                                          Progress& progress) const {
  const TempDir folder = TRY(TempDir::make("packages", root.parent_path()));
  const DebianSuites& suites = *TRY(suites_of(plan));
  const auto packages = TRY(planned(plan, suites.apt, false));
  const auto files = TRY(suites.apt.download(packages, folder.path(), progress));
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
  layout.image = TRY(first_of(
      root,
      {fs::path("boot") / ("vmlinuz-" + plan.release), modules / "vmlinuz", "usr" / modules / "vmlinuz"},
      kOtherLayout));
  layout.modules = TRY(first_of(root, {modules, "usr" / modules}, kOtherLayout));
  layout.headers = TRY(first_of(root, {headers}, kOtherLayout));
  layout.common_headers = TRY(first_of(root, {common}, kOtherLayout));
  layout.kbuild = TRY(first_of(root, {kbuild}, kOtherLayout));
  // Not /boot/config-…: that one lacks lines such as CONFIG_BUILD_SALT.
  layout.config = TRY(first_of(root, {headers / ".config"}, kOtherLayout));
  layout.changelog = changelog_of(plan.release, root);
  return layout;
}

Result<void> Debian::fetch_source(const KernelPlan& plan, const fs::path& tree, Progress& progress) const {
  const TempDir folder = TRY(TempDir::make("packages", tree.parent_path()));
  const DebianSuites& suites = *TRY(suites_of(plan));
  const auto packages = TRY(planned(plan, suites.apt, true));
  const auto files = TRY(suites.apt.download(packages, folder.path(), progress));
  progress.step("unpack " + packages.front().name);
  TRY(unpack_deb(files.front(), folder.path()));
  const fs::path archive = folder.path() / "usr/src" / (packages.front().name + ".tar.xz");
  progress.step("unpack the source tree");
  auto unpacked = run_ok({.argv = {"tar", "--extract", "--file", archive.string(), "--directory",
                                   tree.string(), "--strip-components=1", "--no-same-owner"},
                          .environment = {{"LC_ALL", "C"}, {"XZ_DEFAULTS", "--threads=0"}},
                          .timeout = std::chrono::hours(2)});
  if (!unpacked) return std::unexpected(explain_failure(std::move(unpacked).error()));
  if (is_real_time(plan.release))
    TRY(add_real_time_patches(*TRY(archives()), packages.front().version, tree, progress));
  return {};
}

Result<void> Debian::fetch_compiler(const KernelPlan& plan, const std::string& compiler, const fs::path& root,
                                    Progress& progress) const {
  const DebianCompiler wanted = TRY(parse_debian_compiler(compiler));
  const std::vector<DebianSuites>& all = *TRY(archives());
  // Where the kernel is, its compiler most likely is, too. The configured archives are those of a release, as
  // well.
  std::vector<const DebianSuites*> order;
  for (const bool own : {true, false}) {
    for (const DebianSuites& suites : all) {
      if (!suites.codename.empty() && (suites.codename == plan.archive) == own) order.push_back(&suites);
    }
  }
  for (const DebianSuites* suites : order) {
    const std::vector<AptPackage> versions = TRY(suites->apt.show({wanted.package}))[wanted.package];
    if (std::ranges::find(versions, wanted.version, &AptPackage::version) == versions.end()) continue;
    progress.step("make a build root with " + wanted.package + " " + wanted.version);
    return make_debian_root(*suites, wanted, root);
  }
  return fail("target.compiler-gone", "find the compiler of " + plan.release,
              "no archive has " + wanted.package + " " + wanted.version,
              "Build on a machine which has it: " + compiler);
}

}  // namespace

std::unique_ptr<Distribution> make_debian(fs::path lists) {
  return std::make_unique<Debian>(std::move(lists));
}

}  // namespace suture
