// SPDX-License-Identifier: Apache-2.0
#include "target/store.h"

#include <fnmatch.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "base/file.h"
#include "base/json.h"
#include "image/kernel_image.h"
#include "target/toolchain.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kShortBuildId = 12;

/// Bytes of all files below a folder; links count for nothing.
std::uint64_t tree_size(const fs::path& folder) {
  std::uint64_t size = 0;
  std::error_code ignored;
  for (fs::recursive_directory_iterator entry(folder, ignored), end; entry != end; entry.increment(ignored)) {
    if (!entry->is_symlink(ignored) && entry->is_regular_file(ignored)) size += entry->file_size(ignored);
  }
  return size;
}

Result<void> check_space(const fs::path& folder, std::uint64_t needed) {
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  if (error || space.available >= needed) return {};
  return fail("target.disk-full", "make room for the target in " + folder.string(),
              "it takes about " + human_size(needed) + " while unpacking, " + human_size(space.available) +
                  " are free",
              "Free some space, or name another store with --store.");
}

/// The store's tmp/, for the holder of its lock: empty at the start, whatever a killed run left there, and
/// empty again at the end, however that comes.
class Workshop {
 public:
  static Result<Workshop> open(const fs::path& store) {
    Workshop workshop(store / "tmp");
    std::error_code error;
    fs::remove_all(workshop.folder_, error);
    if (error) return fail("file.unwritable", "remove " + workshop.folder_.string(), error.message());
    TRY(make_directories(workshop.folder_));
    return workshop;
  }
  Workshop(Workshop&& other) noexcept : folder_(std::exchange(other.folder_, {})) {}
  Workshop& operator=(Workshop&&) = delete;
  ~Workshop() {
    std::error_code ignored;
    if (!folder_.empty()) fs::remove_all(folder_, ignored);
  }

  const fs::path& folder() const { return folder_; }

 private:
  explicit Workshop(fs::path folder) : folder_(std::move(folder)) {}
  fs::path folder_;
};

Result<void> move(const fs::path& from, const fs::path& to) {
  TRY(make_directories(to.parent_path()));
  std::error_code error;
  fs::rename(from, to, error);
  if (error) return fail("file.unwritable", "move " + from.string() + " to " + to.string(), error.message());
  return {};
}

std::string folder_name(const TargetId& id) {
  return id.distribution + "-" + id.release + "-" + id.build_id.substr(0, kShortBuildId);
}

/// "gcc-14_(Debian_14.2.0-19)_14.2.0"
std::string root_name(std::string version) {
  std::ranges::replace_if(
      version, [](char c) { return c <= ' ' || c == '/'; }, '_');
  return version;
}

bool matches(const Target& target, const TargetName& name) {
  // A kernel from files at hand has a name of its own for a version.
  if (target.id.distribution == "local" && target.id.version == name.release && name.version.empty())
    return name.distribution.empty() || name.distribution == "local";
  return target.id.release == name.release && (name.version.empty() || target.id.version == name.version) &&
         (name.distribution.empty() || target.id.distribution == name.distribution);
}

bool is_build_id(std::string_view key, const Target& target) {
  constexpr std::size_t kFewestDigits = 8;
  return key.size() >= kFewestDigits && target.id.build_id.starts_with(key);
}

std::string names_of(const std::vector<Target>& targets) {
  std::string text;
  for (const Target& target : targets) {
    text += "\n  " + target.id.distribution + ":" + target.id.release + "=" + target.id.version +
            "  build-id " + target.id.build_id;
  }
  return text;
}

/// Looks at the unpacked files and fills in all that they tell.
Result<Target> describe(const KernelPlan& plan, const std::string& distribution, const fs::path& root,
                        const KernelLayout& layout) {
  const KernelImage image = TRY(KernelImage::read(root / layout.image));
  Target target;
  target.id = {distribution, plan.release, plan.version, plan.architecture, image.build_id()};
  target.banner = image.banner();
  target.symbols = image.symbols().size();
  constexpr std::size_t kMostConfig = 8u << 20;
  const std::string config = TRY(read_text_file(root / layout.config, kMostConfig));
  target.compiler_version = TRY(compiler_version_of_config(config));
  target.compiler = target.compiler_version.substr(0, target.compiler_version.find(' '));
  if (!plan.compiler.empty()) target.compiler = plan.compiler;
  target.packages = plan.packages;
  if (!config.contains("\nCONFIG_LIVEPATCH=y\n")) {
    target.warnings.push_back(
        "the kernel was built without CONFIG_LIVEPATCH, so hosts need the stopmachine engine to apply "
        "patches");
  }
  if (image.release() == plan.release && target.banner.contains(target.compiler_version)) return target;
  return fail("target.mixed", "check that the packages of " + plan.release + " belong together",
              "the image says \"" + target.banner + "\", the .config \"" + target.compiler_version + "\"");
}

void place(Target& target, const KernelLayout& layout, const fs::path& root, const fs::path& source) {
  target.image = root / layout.image;
  target.modules = root / layout.modules;
  target.headers = root / layout.headers;
  target.common_headers = root / layout.common_headers;
  target.kbuild = root / layout.kbuild;
  target.config = root / layout.config;
  if (!layout.changelog.empty()) target.changelog = root / layout.changelog;
  target.source = source;
}

Result<Target> read_record(const fs::path& record, const fs::path& store) {
  const std::string text = TRY(read_text_file(record, JsonLimits{}.bytes));
  Target target = TRY_IN(record.string(), target_from_json(TRY(parse_json(text, record.string())), store));
  std::error_code ignored;
  for (const fs::path& path : {target.image, target.headers, target.source, target.config}) {
    if (!fs::exists(path, ignored)) {
      return fail("target.damaged", "open the target " + target.id.release, path.string() + " is missing",
                  "Delete the folder " + record.parent_path().string() + " and add the target again.");
    }
  }
  return target;
}

}  // namespace

Result<TargetName> parse_target_name(std::string_view text) {
  TargetName name;
  std::string_view rest = text;
  if (const std::size_t equals = rest.find('='); equals != rest.npos) {
    name.version = rest.substr(equals + 1);
    rest = rest.substr(0, equals);
  }
  if (const std::size_t colon = rest.find(':'); colon != rest.npos) {
    name.distribution = rest.substr(0, colon);
    rest.remove_prefix(colon + 1);
  }
  name.release = rest;
  // It becomes part of a folder's name.
  const auto plain = [](char c) { return c > ' ' && c < 0x7f && c != '/'; };
  if (!rest.empty() && rest.front() != '.' && std::ranges::all_of(text, plain)) return name;
  return fail("target.malformed-name", "read the target's name \"" + std::string(text) + "\"",
              "it is not DISTRIBUTION:RELEASE", "For example debian:6.1.0-47-cloud-amd64.");
}

Result<fs::path> TargetStore::default_folder() {
  // The XDG base directory specification: relative paths in the variable are to be ignored.
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/') {
    return fs::path(cache) / "suture";
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') {
    return fs::path(home) / ".cache" / "suture";
  }
  return fail("target.no-store", "find the target store", "neither XDG_CACHE_HOME nor HOME is set",
              "Name a folder with --store.");
}

Result<TargetStore> TargetStore::at(const fs::path& folder) {
  const fs::path path = fs::absolute(folder.empty() ? TRY(default_folder()) : folder).lexically_normal();
  // Without links: kbuild follows them, and speaks of the source by where it really is.
  std::error_code error;
  const fs::path real = fs::weakly_canonical(path, error);
  return TargetStore(error ? path : real);
}

Result<Target> TargetStore::add(const Distribution& distribution, const std::string& asked_release,
                                const std::string& asked_version) const {
  Progress progress("target " + asked_release);
  progress.step("wait for another suture that uses the store");
  const FileLock lock = TRY(FileLock::acquire(folder_ / "lock"));
  const AvailableKernel meant = TRY(distribution.resolve({asked_release, asked_version}));
  const std::string& release = meant.release;
  const std::string& version = meant.version;
  const auto present = TRY(list());
  const auto there = std::ranges::find_if(present, [&](const Target& target) {
    return matches(target, {distribution.name(), release, version});
  });
  if (there != present.end()) {
    TRY(distribution.confirm(*there));
    return *there;
  }
  const KernelPlan plan = TRY(distribution.plan(release, version, progress));

  const Workshop workshop = TRY(Workshop::open(folder_));
  const fs::path& tmp = workshop.folder();
  const fs::path source = folder_ / "sources" / distribution.name() / plan.source_name;
  std::error_code ignored;
  const bool need_source = !fs::exists(source, ignored);
  TRY(check_space(tmp, plan.kernel_size + (need_source ? plan.source_size : 0)));

  const fs::path made = tmp / "target";
  TRY(make_directories(made / "root"));
  const KernelLayout layout = TRY(distribution.fetch_kernel(plan, made / "root", progress));
  progress.step("read the kernel image");
  Target target = TRY(describe(plan, distribution.name(), made / "root", layout));
  if (need_source) {
    TRY(make_directories(tmp / "source"));
    TRY(distribution.fetch_source(plan, tmp / "source", progress));
    TRY(move(tmp / "source", source));
  }
  target.build_root = TRY(build_root(distribution, plan, target, progress));
  progress.step("record the target");
  target.size = tree_size(made) + tree_size(source);
  const fs::path final_folder = folder_ / "targets" / folder_name(target.id);
  place(target, layout, final_folder / "root", source);
  TRY(write_file(made / kTargetRecord, json_text(to_json(target, folder_))));
  TRY(move(made, final_folder));
  return target;
}

/// The folder with the target's compiler, made when it is not there; empty when this machine has that
/// compiler, or nobody.
Result<fs::path> TargetStore::build_root(const Distribution& distribution, const KernelPlan& plan,
                                         const Target& target, Progress& progress) const {
  if (Toolchain::of(target)) return fs::path{};
  fs::path root = folder_ / "roots" / distribution.name() / root_name(target.compiler_version);
  std::error_code ignored;
  if (fs::exists(root, ignored)) return root;
  const fs::path made = folder_ / "tmp" / "root";
  TRY(make_directories(made));
  const auto fetched = distribution.fetch_compiler(plan, target.compiler_version, made, progress);
  if (!fetched && fetched.error().code == "target.compiler-gone") return fs::path{};
  TRY(fetched);
  TRY(move(made, root));
  return root;
}

Result<std::vector<Target>> TargetStore::list() const {
  std::vector<Target> targets;
  std::error_code error;
  const fs::path folder = folder_ / "targets";
  if (!fs::exists(folder, error)) return targets;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const fs::path record = entry->path() / kTargetRecord;
    std::error_code ignored;
    if (fs::exists(record, ignored)) targets.push_back(TRY(read_record(record, folder_)));
  }
  if (error) return fail("file.unreadable", "list " + folder.string(), error.message());
  std::ranges::sort(targets, {}, [](const Target& t) {
    return std::tuple(t.id.distribution, t.id.release, t.id.version, t.id.build_id);
  });
  return targets;
}

Result<Target> TargetStore::find(std::string_view key) const {
  const TargetName name = TRY(parse_target_name(key));
  const auto all = TRY(list());
  std::vector<Target> found;
  std::ranges::copy_if(all, std::back_inserter(found), [&](const Target& target) {
    return matches(target, name) || is_build_id(key, target);
  });
  if (found.size() == 1) return found.front();
  const std::string what = "find the target " + std::string(key) + " in " + folder_.string();
  if (found.empty()) {
    return fail("target.not-in-store", what,
                all.empty() ? "the store is empty" : "it is not there; there are:" + names_of(all),
                "Add it with `suture target add debian:" + name.release + "`.");
  }
  return fail("target.ambiguous", what, "several match:" + names_of(found),
              "Name the version or the build-id.");
}

Result<std::vector<Target>> TargetStore::matching(const std::string& pattern) const {
  const auto all = TRY(list());
  const std::string whole = pattern.contains(':') ? pattern : "*:" + pattern;
  std::vector<Target> found;
  std::ranges::copy_if(all, std::back_inserter(found), [&](const Target& target) {
    const std::string name = target.id.distribution + ":" + target.id.release;
    return ::fnmatch(whole.c_str(), name.c_str(), 0) == 0 ||
           ::fnmatch(whole.c_str(), (name + "=" + target.id.version).c_str(), 0) == 0;
  });
  if (!found.empty()) return found;
  return fail("target.not-in-store", "find targets like " + pattern + " in " + folder_.string(),
              all.empty() ? "the store is empty" : "none is; there are:" + names_of(all),
              "Add them with `suture target add`, or give a pattern such as 'debian:*-cloud-amd64'.");
}

Result<void> TargetStore::remove(const Target& target) const {
  const FileLock lock = TRY(FileLock::acquire(folder_ / "lock"));
  const Workshop workshop = TRY(Workshop::open(folder_));
  const fs::path& tmp = workshop.folder();
  // Out of sight in one step, then at leisure.
  TRY(move(folder_ / "targets" / folder_name(target.id), tmp / "target"));
  const auto others = TRY(list());
  if (std::ranges::find(others, target.source, &Target::source) == others.end()) {
    TRY(move(target.source, tmp / "source"));
  }
  if (!target.build_root.empty() &&
      std::ranges::find(others, target.build_root, &Target::build_root) == others.end()) {
    TRY(move(target.build_root, tmp / "root"));
  }
  return {};
}

}  // namespace suture
