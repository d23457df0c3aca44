// SPDX-License-Identifier: Apache-2.0
//
// The folder in which targets are kept:
//
//   targets/DISTRIBUTION-RELEASE-BUILDID/   target.json, root/ (the unpacked packages)
//   sources/DISTRIBUTION/NAME/              one source tree, shared by the targets of one version
//   roots/DISTRIBUTION/NAME/                a system with one compiler, shared by the targets built with it
//   lists/DISTRIBUTION/                     what its archives say that they have
//   cache/                                  what builds made that others may use
//   lock, tmp/                              what is being made; moved to its place by one rename when it is
//   done
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/terminal.h"
#include "target/distribution.h"
#include "target/target.h"

namespace suture {

/// What a person calls a target: "debian:6.1.0-47-cloud-amd64", and "=6.1.170-3" behind it for one version.
struct TargetName {
  std::string distribution;
  std::string release;
  std::string version;  ///< empty: any
};
Result<TargetName> parse_target_name(std::string_view text);

class TargetStore {
 public:
  explicit TargetStore(std::filesystem::path folder) : folder_(std::move(folder)) {}
  /// The folder that a person named; the default one when that is empty.
  static Result<TargetStore> at(const std::filesystem::path& folder);
  /// $XDG_CACHE_HOME/suture, or ~/.cache/suture. "target.no-store" when neither variable is set.
  static Result<std::filesystem::path> default_folder();

  const std::filesystem::path& folder() const { return folder_; }
  /// For find_distribution().
  std::filesystem::path lists() const { return folder_ / "lists"; }

  /// What builds keep for the next ones; may be deleted at any time.
  std::filesystem::path cache() const { return folder_ / "cache"; }

  /// Fetches and unpacks what is not there yet; a build root only where this machine's compiler is another.
  /// When none is to be had the target is added all the same: it may be built for elsewhere.
  /// Distribution::resolve tells what is meant. A target of that
  /// release and version (empty: any) which is there already is given back as it is, without a look at the
  /// archive.
  Result<Target> add(const Distribution& distribution, const std::string& release,
                     const std::string& version) const;

  /// All targets, by distribution and release.
  Result<std::vector<Target>> list() const;
  /// By release, "DISTRIBUTION:RELEASE" (each with "=VERSION" behind it, if wanted), or by build-id or the
  /// first 8 or more digits of one. "target.not-in-store", "target.ambiguous".
  Result<Target> find(std::string_view key) const;
  /// All whose name, "DISTRIBUTION:RELEASE", the pattern matches ("debian:*-cloud-amd64", as a shell's;
  /// without a colon of any distribution). "target.not-in-store" when there is none.
  Result<std::vector<Target>> matching(const std::string& pattern) const;
  /// Takes it away, and its source when no other target needs that.
  Result<void> remove(const Target& target) const;

 private:
  Result<std::filesystem::path> build_root(const Distribution& distribution, const KernelPlan& plan,
                                           const Target& target, Progress& progress) const;

  std::filesystem::path folder_;
};

}  // namespace suture
