// SPDX-License-Identifier: Apache-2.0
#include "target/debian_rt.h"

#include <algorithm>
#include <sstream>

#include "base/file.h"
#include "base/process.h"

namespace suture {

namespace fs = std::filesystem;

namespace {

constexpr const char* kPackage = "linux";
constexpr const char* kPatches = "debian/patches-rt";

/// The same archives, asked for sources.
Result<Apt> sources_of(const DebianSuites& suites, const fs::path& folder) {
  std::istringstream lines(suites.sources);
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("deb ")) text += "deb-src " + line.substr(4) + "\n";
  }
  Apt apt = TRY(Apt::with_sources(folder, text));
  TRY(apt.update());
  return apt;
}

Result<fs::path> fetch_packaging(const std::vector<DebianSuites>& archives, const std::string& version,
                                 const fs::path& folder, Progress& progress) {
  std::string tried;
  for (const DebianSuites& suites : archives) {
    if (suites.codename.empty()) continue;
    progress.step("look for the sources in " + suites.text());
    const Result<Apt> apt = sources_of(suites, folder / suites.codename);
    // One release's server may be out of reach, or its archive gone, and another have the version.
    const auto files = apt ? apt->source_files(kPackage, version)
                           : Result<std::vector<AptFile>>(std::unexpected(apt.error()));
    if (!files) {
      tried += (tried.empty() ? "" : "; ") + suites.text() + ": " + files.error().why;
      continue;
    }
    const auto packaging =
        std::ranges::find_if(*files, [](const AptFile& file) { return file.name.contains(".debian.tar."); });
    if (packaging != files->end()) return apt->download(*packaging, folder);
  }
  return fail("target.version-gone", "find the real-time patches of " + version,
              "no archive has that version of the source package linux (" + tried + ")",
              "Add an archive that keeps old versions to apt's configuration, or take a newer kernel.");
}

}  // namespace

bool is_real_time(std::string_view release) {
  return release.contains("-rt-");
}

Result<void> add_real_time_patches(const std::vector<DebianSuites>& archives, const std::string& version,
                                   const fs::path& tree, Progress& progress) {
  const TempDir folder = TRY(TempDir::make("packaging", tree.parent_path()));
  const fs::path archive = TRY(fetch_packaging(archives, version, folder.path(), progress));
  TRY(run_ok({.argv = {"tar", "--extract", "--file", archive.string(), "--directory", folder.path().string(),
                       "--no-same-owner"},
              .environment = {{"LC_ALL", "C"}}}));
  std::error_code error;
  const fs::path patches = folder.path() / kPatches;
  if (!fs::exists(patches / "series", error)) return {};
  progress.step("apply the real-time patches");
  return apply_series(patches, tree);
}

Result<void> apply_series(const fs::path& folder, const fs::path& tree) {
  std::istringstream lines(TRY(read_text_file(folder / "series", 1u << 20)));
  for (std::string line; std::getline(lines, line);) {
    line.erase(std::min(line.find_first_of(" \t#"), line.size()));
    if (line.empty()) continue;
    const Finished patch = TRY(run({.argv = {"patch", "-p1", "--batch", "--forward", "--fuzz=0", "--quiet",
                                             "--no-backup-if-mismatch", "--input", (folder / line).string()},
                                    .directory = tree,
                                    .environment = {{"LC_ALL", "C"}, {"PATCH_GET", "0"}}}));
    if (patch.status != 0) {
      return fail("target.patch-failed", "apply the patch " + line, patch.out.substr(0, 2000),
                  "the source is not the one that it was made for");
    }
  }
  return {};
}

}  // namespace suture
