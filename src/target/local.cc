// SPDX-License-Identifier: Apache-2.0
//
// What the parts say of themselves counts, not what a person says of them: the release and the build-id are
// the image's, the compiler is the configuration's. Everything is checked before the first file is copied.
#include "target/local.h"

#include <algorithm>
#include <array>
#include <set>
#include <sstream>

#include "base/file.h"
#include "target/build_folder.h"
#include "target/copy_tree.h"
#include "target/kernel_parts.h"
#include "target/target.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMostConfig = 8u << 20;
constexpr std::size_t kShortBuildId = 12;
// Places in the target's folder.
constexpr const char* kImage = "image";
constexpr const char* kModules = "modules";
constexpr const char* kHeaders = "headers";
constexpr const char* kKbuild = "kbuild";

void prefer(fs::path& part, const fs::path& given) {
  if (!given.empty()) part = given;
}

/// Distributions put links to `scripts` and `tools` into their headers: so it is known where those are.
fs::path kbuild_of(const fs::path& headers) {
  std::error_code error;
  const fs::path scripts = fs::canonical(headers / "scripts", error);
  return error ? headers : scripts.parent_path();
}

Result<KernelParts> find_parts(const GivenFiles& given) {
  KernelParts parts;
  if (!given.build.empty()) parts = parts_of_build(given.build);
  prefer(parts.source, given.source);
  prefer(parts.image, given.image);
  prefer(parts.modules, given.modules);
  if (!given.headers.empty()) {
    parts.headers = given.headers;
    parts.kbuild = kbuild_of(given.headers);
    if (parts.config.empty()) parts.config = given.headers / ".config";
  }
  prefer(parts.kbuild, given.kbuild);
  prefer(parts.config, given.config);
  struct Part {
    const char* option;
    const fs::path& path;
  };
  for (const auto& [option, path] : {Part{"--image", parts.image}, Part{"--headers", parts.headers},
                                     Part{"--source", parts.source}, Part{"--config", parts.config}}) {
    std::error_code error;
    if (!path.empty() && fs::exists(path, error)) continue;
    return fail(
        "target.no-parts", "find the parts of the kernel",
        path.empty() ? "there is nothing for " + std::string(option) : path.string() + " does not exist",
        "Name the folder in which the kernel was built with --build, or the parts with --source, "
        "--image, --modules and --headers.");
  }
  return parts;
}

std::set<std::string> settings_of(const std::string& config) {
  std::set<std::string> settings;
  std::istringstream lines(config);
  for (std::string line; std::getline(lines, line);) {
    // The one line that distributions add for the build alone.
    if (line.starts_with("CONFIG_") && !line.starts_with("CONFIG_BUILD_SALT=")) settings.insert(line);
  }
  return settings;
}

/// kbuild reads the one among the headers, so a second one has nothing else to say.
Result<void> check_one_config(const KernelParts& parts) {
  const fs::path other = parts.headers / ".config";
  std::error_code error;
  if (!fs::exists(other, error) || fs::equivalent(other, parts.config, error)) return {};
  const auto given = settings_of(TRY(read_text_file(parts.config, kMostConfig)));
  const auto used = settings_of(TRY(read_text_file(other, kMostConfig)));
  if (given == used) return {};
  std::vector<std::string> different;
  std::ranges::set_symmetric_difference(given, used, std::back_inserter(different));
  return fail("target.mixed", "check that the configuration and the headers belong together",
              parts.config.string() + " and " + other.string() + " differ, first in " + different.front());
}

/// Of the headers, what kbuild reads. A folder in which a kernel was built has gigabytes besides.
bool is_wanted_header(const fs::path& below) {
  constexpr std::array kFiles{".config", ".kernelvariables", "Module.symvers", "include/config/auto.conf",
                              "include/config/kernel.release"};
  constexpr std::array kFolders{"include/generated", "arch/x86/include/generated"};
  if (std::ranges::find(kFiles, below) != kFiles.end()) return true;
  const std::string text = below.string();
  const auto is_on_the_way = [&](std::string_view path) {
    return path.starts_with(text + "/") || text == path || text.starts_with(std::string(path) + "/");
  };
  return std::ranges::any_of(kFolders, is_on_the_way) || text == "include/config";
}

/// Programs and Makefiles, not what they were made from and with.
bool is_wanted_tool(const fs::path& below) {
  const std::string text = below.string();
  if (text != "tools" && !text.starts_with("tools/objtool") && text != "scripts" &&
      !text.starts_with("scripts/"))
    return false;
  const fs::path kind = below.extension();
  return kind != ".o" && kind != ".a" && kind != ".cmd" && kind != ".d";
}

bool is_wanted_module(const fs::path& below) {
  return below != "build" && below != "source";
}

class Local final : public Distribution {
 public:
  explicit Local(const GivenFiles& given) : given_(given) {}
  std::string name() const override { return "local"; }
  Result<std::vector<AvailableKernel>> search(std::string_view pattern) const override;
  Result<AvailableKernel> resolve(const AvailableKernel& asked) const override;
  Result<void> confirm(const Target& present) const override;
  Result<KernelPlan> plan(const std::string& release, const std::string& version,
                          Progress& progress) const override;
  Result<KernelLayout> fetch_kernel(const KernelPlan& plan, const fs::path& root,
                                    Progress& progress) const override;
  Result<void> fetch_source(const KernelPlan& plan, const fs::path& tree, Progress& progress) const override;

 private:
  TreeCopy copy_of(std::function<bool(const fs::path&)> wanted, bool refuse_links_outside = false) const {
    return {std::move(wanted), refuse_links_outside, given_.hard_links};
  }
  GivenFiles given_;
};

Result<std::vector<AvailableKernel>> Local::search(std::string_view) const {
  return fail("target.nothing-to-search", "search for kernels", "\"local\" has no archive",
              "Name the parts of a kernel: `suture target add local --build FOLDER`.");
}

Result<AvailableKernel> Local::resolve(const AvailableKernel& asked) const {
  const KernelParts parts = TRY(find_parts(given_));
  const std::string release = TRY(read_kernel_of_this_kind(parts.image)).release();
  if (asked.version.empty()) return AvailableKernel{release, asked.release.empty() ? release : asked.release};
  if (asked.release == release) return AvailableKernel{release, asked.version};
  return fail("target.other-release", "add the kernel " + asked.release,
              parts.image.string() + " is of the release " + release);
}

Result<void> Local::confirm(const Target& present) const {
  const KernelParts parts = TRY(find_parts(given_));
  const KernelImage image = TRY(read_kernel_of_this_kind(parts.image));
  if (image.build_id() == present.id.build_id) return {};
  return fail("target.name-taken", "add the kernel " + present.id.version,
              "the store has another one of that name, with the build-id " + present.id.build_id,
              "Give this one a name of its own (local:NAME), or take the other one away with `suture target "
              "remove`.");
}

Result<KernelPlan> Local::plan(const std::string& release, const std::string& version,
                               Progress& progress) const {
  progress.step("look at the parts");
  const KernelParts parts = TRY(find_parts(given_));
  const KernelImage image = TRY(read_kernel_of_this_kind(parts.image));
  TRY(check_one_config(parts));
  TRY(check_kernel_parts(parts, release));
  TRY(check_kernel_source(parts.source, parts.config));
  KernelPlan plan;
  plan.release = release;
  plan.version = version;
  plan.architecture = "x86_64";
  plan.compiler = given_.compiler;
  plan.source_name = release + "-" + image.build_id().substr(0, kShortBuildId);
  plan.kernel_size = bytes_to_copy(parts.headers, copy_of(is_wanted_header)) +
                     bytes_to_copy(parts.kbuild, copy_of(is_wanted_tool));
  if (!parts.modules.empty() && parts.modules != given_.build)
    plan.kernel_size += bytes_to_copy(parts.modules, copy_of(is_wanted_module));
  plan.source_size = bytes_to_copy(parts.source, copy_of(is_kernel_source));
  return plan;
}

Result<KernelLayout> Local::fetch_kernel(const KernelPlan&, const fs::path& root, Progress& progress) const {
  const KernelParts parts = TRY(find_parts(given_));
  progress.step("copy the kernel");
  TRY(copy_one_file(parts.image, root / kImage, given_.hard_links));
  if (parts.modules.empty()) {
    TRY(make_directories(root / kModules));
  } else if (parts.modules == given_.build) {
    TRY(copy_built_modules(given_.build, root / kModules, given_.hard_links));
  } else {
    TRY(copy_tree(parts.modules, root / kModules, copy_of(is_wanted_module)));
  }
  progress.step("copy headers and tools");
  TRY(copy_tree(parts.headers, root / kHeaders, copy_of(is_wanted_header)));
  std::error_code error;
  if (!fs::exists(root / kHeaders / ".config", error))
    TRY(copy_one_file(parts.config, root / kHeaders / ".config", given_.hard_links));
  for (const char* tools : {"scripts", "tools"}) {
    // Either may be a link, of which copy_tree would say that it leads out.
    const TreeCopy how = copy_of([&](const fs::path& below) { return is_wanted_tool(tools / below); });
    if (fs::exists(parts.kbuild / tools, error))
      TRY(copy_tree(parts.kbuild / tools, root / kKbuild / tools, how));
  }
  return KernelLayout{.image = kImage,
                      .modules = kModules,
                      .headers = kHeaders,
                      .common_headers = kHeaders,
                      .kbuild = kKbuild,
                      .config = fs::path(kHeaders) / ".config"};
}

Result<void> Local::fetch_source(const KernelPlan&, const fs::path& tree, Progress& progress) const {
  progress.step("copy the source tree");
  return copy_tree(TRY(find_parts(given_)).source, tree, copy_of(is_kernel_source, true));
}

}  // namespace

std::unique_ptr<Distribution> make_local(const GivenFiles& given) {
  return std::make_unique<Local>(given);
}

}  // namespace suture
