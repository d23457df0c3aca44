// SPDX-License-Identifier: Apache-2.0
#include "target/source_rpm.h"

#include <algorithm>
#include <array>
#include <fstream>

#include "base/file.h"
#include "base/process.h"
#include "target/cpio.h"
#include "target/spec_patches.h"

namespace suture {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kMostSource = 8ull << 30;
constexpr std::size_t kMostSpec = 16u << 20;

struct Compression {
  const char* suffix;
  const char* command;
};
constexpr std::array kCompressions{Compression{".tar.xz", "xz"}, Compression{".tar.gz", "gzip"},
                                   Compression{".tar.zst", "zstd"}, Compression{".tar.bz2", "bzip2"}};

const Compression* compression_of(const std::string& name) {
  if (!name.starts_with("linux-")) return nullptr;
  const auto found = std::ranges::find_if(
      kCompressions, [&](const Compression& compression) { return name.ends_with(compression.suffix); });
  return found == kCompressions.end() ? nullptr : &*found;
}

Result<std::string> find_tarball(const RpmPackage& package) {
  std::vector<std::string> tarballs;
  std::ranges::copy_if(package.sources, std::back_inserter(tarballs),
                       [](const std::string& name) { return compression_of(name) != nullptr; });
  if (tarballs.size() == 1) return tarballs.front();
  return fail("target.no-source", "find the kernel's source in " + package.file.string(),
              tarballs.empty() ? "it holds no linux-*.tar.xz, .gz, .zst or .bz2"
                               : "it holds several: " + tarballs[0] + ", " + tarballs[1],
              "Unpack and patch the source by hand, and add the kernel with `suture target add local`.");
}

Result<fs::path> find_spec(const RpmPackage& package, const fs::path& folder) {
  for (const std::string& name : package.files) {
    if (name.ends_with(".spec") && !name.contains('/')) return folder / name;
  }
  return fail("target.spec-unsupported", "read the source package " + package.file.string(),
              "it holds no spec file");
}

/// tar(1) and patch(1) keep to their folder as long as no link leads out of it, and devices are not for
/// reading: so neither may be there.
Result<void> check_tree(const fs::path& tree) {
  std::error_code error;
  for (fs::recursive_directory_iterator entry(tree, error), end; !error && entry != end;
       entry.increment(error)) {
    const fs::path below = entry->path().lexically_relative(tree);
    const char* why = nullptr;
    if (entry->is_symlink(error)) {
      if (!link_stays_inside(below, fs::read_symlink(entry->path(), error)))
        why = "the link leads out of the source tree";
    } else if (!entry->is_regular_file(error) && !entry->is_directory(error)) {
      why = "it is neither file, folder nor link";
    }
    if (why != nullptr) {
      return fail("target.package-unsafe", "look at " + below.string() + " in the kernel's source", why,
                  "No kernel's source holds such a thing; do not trust this package.");
    }
  }
  if (error) return fail("file.unreadable", "read " + tree.string(), error.message());
  return {};
}

Result<void> unpack_tarball(const fs::path& tarball, const fs::path& tree) {
  const Compression* compression = compression_of(tarball.filename().string());
  // What is cut off as too long, tar takes for broken.
  constexpr const char* kScript = R"("$1" --decompress --stdout -- "$2" | head -c "$3" |
      tar --extract --directory "$4" --strip-components=1 --no-same-owner --no-same-permissions)";
  auto unpacked = run_ok({.argv = {"sh", "-c", kScript, "sh", compression->command, tarball.string(),
                                   std::to_string(kMostSource), tree.string()},
                          .environment = {{"LC_ALL", "C"}, {"XZ_DEFAULTS", "--threads=0"}},
                          .timeout = std::chrono::hours(2)});
  if (unpacked) return {};
  return fail("target.package-damaged", "unpack " + tarball.filename().string(), unpacked.error().why);
}

bool is_left_out(const SpecPatch& patch, const fs::path& file) {
  constexpr int kFewestLines = 10;
  if (!patch.optional) return false;
  std::ifstream stream(file);
  int lines = 0;
  for (std::string line; lines < kFewestLines && std::getline(stream, line);) ++lines;
  return lines < kFewestLines;
}

Result<void> apply_patch(const SpecPatch& patch, const fs::path& folder, const fs::path& tree) {
  const fs::path file = folder / patch.file;
  if (is_left_out(patch, file)) return {};
  // Unified only: patch(1) gives other kinds to ed(1). rpmbuild has applied all of them, and a larger fuzz
  // than its own finds the same places, since the smallest that does is taken.
  auto applied = run_ok({.argv = {"patch", "--unified", "--forward", "--batch", "--silent", "--fuzz=3",
                                  "--no-backup-if-mismatch", "--reject-file=-",
                                  "--strip=" + std::to_string(patch.strip), "--input=" + file.string()},
                         .directory = tree,
                         .environment = {{"LC_ALL", "C"}}});
  if (applied) return {};
  return fail("target.patch-failed", "apply " + patch.file + " to the kernel's source", applied.error().why);
}

}  // namespace

Result<void> unpack_source_rpm(const RpmPackage& package, const fs::path& tree, Progress& progress) {
  const std::string tarball = TRY(find_tarball(package));
  const TempDir folder = TRY(TempDir::make("source", tree.parent_path()));
  const fs::path files = folder.path() / "files";
  TRY(make_directories(files));
  progress.step("unpack " + package.name + "'s source package");
  TRY(unpack_rpm(package, files));
  const std::string spec = TRY(read_text_file(TRY(find_spec(package, files)), kMostSpec));
  const auto patches = TRY_IN(package.file.string(), patches_of_spec(spec, package.patches));
  progress.step("unpack " + tarball);
  TRY(unpack_tarball(files / tarball, tree));
  TRY(check_tree(tree));
  for (std::size_t i = 0; i < patches.size(); ++i) {
    progress.step("apply " + patches[i].file, i, patches.size());
    TRY(apply_patch(patches[i], files, tree));
  }
  // Patches make links, too.
  return patches.empty() ? Result<void>{} : check_tree(tree);
}

}  // namespace suture
