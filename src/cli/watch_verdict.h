// SPDX-License-Identifier: Apache-2.0
//
// What a vulnerability is to a target of the store: matching, with all that it needs around it.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "advisory/advisory.h"
#include "advisory/code_change.h"
#include "advisory/finding.h"
#include "advisory/package_update.h"
#include "advisory/target_facts.h"
#include "base/error.h"
#include "target/store.h"

namespace suture::cli {

/// Reading a target's symbols takes some seconds, so keep it for all that is asked of it. `folder` is where
/// what kbuild says is kept.
Result<TargetFacts> target_facts(const Target& target, const std::filesystem::path& folder);

/// What is known of a fix's code, the best first: the diff that a person gave, the fix commits of the
/// advisory that the repository has, of which each stable series has its own, or what a later version of the
/// package changes. One without code when there is nothing.
class FixCode {
 public:
  FixCode() = default;
  /// `repository`: a clone of the stable tree; empty: none. `diff`: a file; empty: none.
  static Result<FixCode> of(std::filesystem::path repository, const std::filesystem::path& diff);
  void add(PackageUpdate update) { update_ = std::move(update); }
  /// Null: no later version of the package is known, or it does not tell.
  const CodeChange* packaged(const std::string& cve) const {
    return update_ ? update_->change_of(cve) : nullptr;
  }
  /// One or more.
  std::vector<CodeChange> changes(const Advisory& advisory) const;

 private:
  std::filesystem::path repository_{};
  std::optional<CodeChange> given_{};
  std::optional<PackageUpdate> update_{};
};

/// The finding of the change that the target's source knows most of; there must be one.
Finding verdict_of(const Advisory& advisory, const std::vector<CodeChange>& changes,
                   const TargetFacts& target);

}  // namespace suture::cli
