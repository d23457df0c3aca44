// SPDX-License-Identifier: Apache-2.0
#include "target/rpm.h"

#include <algorithm>
#include <set>

#include "base/file.h"
#include "target/kernel_parts.h"
#include "target/source_rpm.h"
#include "target/target.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

constexpr const char* kSourceSuffix = ".src.rpm";

bool has_below(const RpmPackage& package, const std::string& folder) {
  return std::ranges::any_of(package.files,
                             [&](const std::string& file) { return file.starts_with(folder + "/"); });
}

bool has_image(const RpmPackage& package, const std::string& release) {
  return std::ranges::any_of(package.files, [&](const std::string& file) {
    return file == "/lib/modules/" + release + "/vmlinuz" || file == "/boot/vmlinuz-" + release ||
           file == "/usr/lib/modules/" + release + "/vmlinuz";
  });
}

bool has_modules(const RpmPackage& package, const std::string& release) {
  return has_below(package, "/lib/modules/" + release) || has_below(package, "/usr/lib/modules/" + release);
}

std::string source_name(const RpmPackage& source) {
  return source.name + "-" + source.full_version() + kSourceSuffix;
}

template <class Matches>
const RpmPackage* find_binary(const std::vector<RpmPackage>& packages, Matches matches) {
  const auto found = std::ranges::find_if(
      packages, [&](const RpmPackage& package) { return !package.is_source && matches(package); });
  return found == packages.end() ? nullptr : &*found;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text.empty() ? "none" : text;
}

std::unexpected<Error> missing(const std::string& release, const std::string& what) {
  return fail("target.missing-package", "find the packages of the kernel " + release,
              what + " is not among them", "Add it to --packages.");
}

constexpr const char* kOtherLayout = "These packages are not laid out as Fedora's and Red Hat's.";

Result<std::vector<fs::path>> package_files(const std::vector<fs::path>& given) {
  std::set<fs::path> files;
  for (const fs::path& path : given) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      files.insert(path);
      continue;
    }
    for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
      if (entry->path().extension() == ".rpm") files.insert(entry->path());
    }
    if (error) return fail("file.unreadable", "list " + path.string(), error.message());
  }
  if (!files.empty()) return std::vector(files.begin(), files.end());
  return fail("target.no-packages", "find the kernel's packages",
              given.empty() ? "none were given" : "the folder holds no *.rpm",
              "Name files, or folders that hold them, with --packages.");
}

class Rpm final : public Distribution {
 public:
  explicit Rpm(const GivenFiles& given) : given_(given) {}
  std::string name() const override { return "rpm"; }
  Result<std::vector<AvailableKernel>> search(std::string_view pattern) const override;
  Result<AvailableKernel> resolve(const AvailableKernel& asked) const override;
  Result<KernelPlan> plan(const std::string& release, const std::string& version,
                          Progress& progress) const override;
  Result<KernelLayout> fetch_kernel(const KernelPlan& plan, const fs::path& root,
                                    Progress& progress) const override;
  Result<void> fetch_source(const KernelPlan& plan, const fs::path& tree, Progress& progress) const override;

 private:
  Result<std::vector<RpmPackage>> read_packages() const;
  GivenFiles given_;
};

Result<std::vector<AvailableKernel>> Rpm::search(std::string_view) const {
  return fail("target.nothing-to-search", "search for kernels", "\"rpm\" has no archive, only files",
              "Fetch a kernel's packages, and name them: `suture target add rpm --packages FOLDER`.");
}

Result<std::vector<RpmPackage>> Rpm::read_packages() const {
  std::vector<RpmPackage> packages;
  for (const fs::path& file : TRY(package_files(given_.packages)))
    packages.push_back(TRY(read_rpm_package(file)));
  return packages;
}

Result<AvailableKernel> Rpm::resolve(const AvailableKernel& asked) const {
  const auto packages = TRY(read_packages());
  std::string release = asked.release;
  if (release.empty()) {
    const auto releases = rpm_releases(packages);
    if (releases.size() != 1) {
      return fail("target.unknown", "find the kernel in the packages", "they hold these: " + joined(releases),
                  "Name one: rpm:RELEASE.");
    }
    release = releases.front();
  }
  const RpmKernel kernel = TRY(choose_rpm_packages(release, packages));
  const std::string version = kernel.image.full_version();
  if (asked.version.empty() || asked.version == version) return AvailableKernel{release, version};
  return fail("target.unknown", "find the kernel " + release + " of version " + asked.version,
              "the package has the version " + version);
}

Result<KernelPlan> Rpm::plan(const std::string& release, const std::string&, Progress& progress) const {
  progress.step("read the packages");
  const RpmKernel kernel = TRY(choose_rpm_packages(release, TRY(read_packages())));
  KernelPlan plan;
  plan.release = release;
  plan.version = kernel.image.full_version();
  plan.architecture = kernel.image.architecture;
  plan.compiler = given_.compiler;
  plan.source_name = kernel.source.name + "-" + kernel.source.full_version();
  std::vector<RpmPackage> binary{kernel.image, kernel.devel};
  std::ranges::copy(kernel.modules, std::back_inserter(binary));
  std::uint64_t largest = 0;
  for (const RpmPackage& package : binary) {
    if (!plan.packages.emplace(package.name, package.full_version()).second) continue;
    plan.kernel_size += package.size;
    largest = std::max(largest, package.size);
  }
  // Payloads are decompressed one after the other, each beside its files.
  plan.kernel_size += largest;
  plan.packages.emplace(kernel.source.name + kSourceSuffix, kernel.source.full_version());
  // The payload and the files in it, and the tree, which is some ten times as large.
  plan.source_size = 12 * kernel.source.size;
  return plan;
}

Result<KernelLayout> Rpm::fetch_kernel(const KernelPlan& plan, const fs::path& root,
                                       Progress& progress) const {
  const RpmKernel kernel = TRY(choose_rpm_packages(plan.release, TRY(read_packages())));
  std::vector<RpmPackage> packages{kernel.image};
  if (kernel.devel.file != kernel.image.file) packages.push_back(kernel.devel);
  std::ranges::copy(kernel.modules, std::back_inserter(packages));
  for (const RpmPackage& package : packages) {
    progress.step("unpack " + package.name);
    TRY(unpack_rpm(package, root));
  }
  const fs::path modules = fs::path("lib/modules") / plan.release;
  const fs::path devel = fs::path("usr/src/kernels") / plan.release;
  KernelLayout layout;
  layout.image = TRY(first_of(
      root,
      {modules / "vmlinuz", "usr" / modules / "vmlinuz", fs::path("boot") / ("vmlinuz-" + plan.release)},
      kOtherLayout));
  layout.modules =
      TRY(first_of(root, {modules / "kernel", "usr" / modules / "kernel"}, kOtherLayout)).parent_path();
  // One tree has the headers, their tools and the configuration.
  layout.headers = layout.common_headers = layout.kbuild = TRY(first_of(root, {devel}, kOtherLayout));
  layout.config = TRY(first_of(root, {devel / ".config"}, kOtherLayout));
  const KernelParts parts{.image = root / layout.image,
                          .modules = root / layout.modules,
                          .headers = root / layout.headers,
                          .kbuild = root / layout.kbuild,
                          .config = root / layout.config,
                          .source = {}};
  TRY(check_kernel_parts(parts, TRY(read_kernel_of_this_kind(parts.image)).release()));
  return layout;
}

Result<void> Rpm::fetch_source(const KernelPlan& plan, const fs::path& tree, Progress& progress) const {
  const RpmKernel kernel = TRY(choose_rpm_packages(plan.release, TRY(read_packages())));
  return unpack_source_rpm(kernel.source, tree, progress);
}

}  // namespace

std::vector<std::string> rpm_releases(const std::vector<RpmPackage>& packages) {
  constexpr std::string_view kBoot = "/boot/vmlinuz-";
  std::set<std::string> releases;
  for (const RpmPackage& package : packages) {
    if (package.is_source) continue;
    for (const std::string& file : package.files) {
      const fs::path path(file);
      if (file.starts_with(kBoot)) releases.insert(file.substr(kBoot.size()));
      if (path.filename() == "vmlinuz" && path.parent_path().parent_path().filename() == "modules")
        releases.insert(path.parent_path().filename().string());
    }
  }
  return {releases.begin(), releases.end()};
}

Result<RpmKernel> choose_rpm_packages(const std::string& release, const std::vector<RpmPackage>& packages) {
  const RpmPackage* image =
      find_binary(packages, [&](const RpmPackage& package) { return has_image(package, release); });
  if (image == nullptr) {
    return fail("target.unknown", "find the kernel " + release + " in the packages",
                "they hold these: " + joined(rpm_releases(packages)));
  }
  if (image->architecture != "x86_64") {
    return fail("target.architecture", "add the kernel " + release,
                image->file.string() + " is for " + image->architecture,
                "suture patches x86-64 kernels only.");
  }
  const RpmPackage* devel = find_binary(
      packages, [&](const RpmPackage& package) { return has_below(package, "/usr/src/kernels/" + release); });
  if (devel == nullptr)
    return missing(release, "the package with /usr/src/kernels/" + release + " (kernel-devel)");
  if (devel->source_rpm != image->source_rpm || devel->architecture != image->architecture) {
    return fail("target.mixed", "check that the packages of " + release + " belong together",
                image->name + " was built from " + image->source_rpm + " for " + image->architecture + ", " +
                    devel->name + " from " + devel->source_rpm + " for " + devel->architecture);
  }
  RpmKernel kernel{.image = *image, .devel = *devel, .modules = {}, .source = {}};
  for (const RpmPackage& package : packages) {
    if (package.is_source) {
      if (source_name(package) == image->source_rpm) kernel.source = package;
    } else if (&package != image && &package != devel && package.source_rpm == image->source_rpm &&
               has_modules(package, release)) {
      kernel.modules.push_back(package);
    }
  }
  if (kernel.source.file.empty()) return missing(release, image->source_rpm);
  return kernel;
}

std::unique_ptr<Distribution> make_rpm(const GivenFiles& given) {
  return std::make_unique<Rpm>(given);
}

}  // namespace suture
