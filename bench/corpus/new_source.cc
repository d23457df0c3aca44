// SPDX-License-Identifier: Apache-2.0
#include "corpus/new_source.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/file.h"
#include "target/apt.h"
#include "target/distribution.h"

namespace suture::corpus {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSourcePackage = "linux-source-";

Result<AptPackage> look_up(const std::string& name, const std::string& version) {
  std::vector<std::string> there;
  const std::vector<AptPackage> versions = TRY(Apt().show({name}))[name];
  for (const AptPackage& package : versions) {
    if (package.version == version) return package;
    there.push_back(package.version);
  }
  return fail(
      "target.version-gone", fmt::format("find {} {}", name, version),
      fmt::format("the archive has {}", there.empty() ? "none" : fmt::to_string(fmt::join(there, ", "))),
      "name one of these, or a folder with a source tree");
}

}  // namespace

Result<fs::path> find_new_source(const Target& target, const fs::path& store, const std::string& wanted,
                                 Progress& progress) {
  std::error_code error;
  if (fs::is_directory(wanted, error)) return fs::canonical(wanted, error);
  const auto source = std::ranges::find_if(
      target.packages, [](const auto& package) { return package.first.starts_with(kSourcePackage); });
  if (source == target.packages.end()) {
    return fail("corpus.no-new-source", "find the source " + wanted,
                "it is no folder, and the target does not come from a source package to take it from");
  }
  const std::string& name = source->first;
  // Where the store looks for the source of a target of that version.
  const fs::path tree = store / "sources" / target.id.distribution / fmt::format("{}_{}", name, wanted);
  progress.step("wait for another suture that uses the store");
  const FileLock lock = TRY(FileLock::acquire(store / "lock"));
  if (fs::is_directory(tree, error)) return tree;
  if (!look_up(name, wanted)) TRY(Apt().update());
  const AptPackage package = TRY(look_up(name, wanted));
  KernelPlan plan;
  plan.version = wanted;
  plan.packages[package.name] = package.version;
  // Beside its place, and in no folder that is closed to others: apt fetches as a user of its own.
  TRY(make_directories(tree.parent_path()));
  TempDir folder = TRY(TempDir::make(".new-source", tree.parent_path()));
  TRY(TRY(find_distribution(target.id.distribution, store / "lists"))
          ->fetch_source(plan, folder.path(), progress));
  fs::permissions(folder.path(), fs::perms(0755), error);
  TRY(folder.move_to(tree));
  return tree;
}

}  // namespace suture::corpus
