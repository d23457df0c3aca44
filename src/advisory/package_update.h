// SPDX-License-Identifier: Apache-2.0
//
// The code of fixes that a later version of a source package brings: what its changelog names, and what
// differs between the two trees.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "advisory/advisory.h"
#include "advisory/code_change.h"
#include "base/error.h"

namespace suture {

/// One item of the changelog, which may name several vulnerabilities, or none.
struct UpdateFix {
  std::string title{};
  std::vector<std::string> cves{};
  CodeChange change{};  ///< without files when it cannot be told which lines are its
};

struct PackageVersions {
  std::filesystem::path before{};  ///< a source tree
  std::string before_version{};    ///< its package's, as changelogs write it
  std::filesystem::path after{};
  std::string_view changelog{};  ///< of the later one, unpacked
};

class PackageUpdate {
 public:
  /// What else is said of a vulnerability: files and words that it names.
  using Known = std::function<Result<std::optional<Advisory>>(const std::string& cve)>;

  /// Compares the trees, which takes up to a minute for a kernel. Errors: "advisory.changelog",
  /// "advisory.trees", and those of `known`.
  static Result<PackageUpdate> read(const PackageVersions& versions, const Known& known);

  const std::vector<UpdateFix>& fixes() const { return fixes_; }
  std::size_t files_that_differ() const { return files_; }
  /// All that the changelog names this vulnerability for; null when it does not, or no code was found.
  const CodeChange* change_of(const std::string& cve) const;

 private:
  std::vector<UpdateFix> fixes_;
  std::map<std::string, CodeChange, std::less<>> by_cve_;
  std::size_t files_ = 0;
};

}  // namespace suture
