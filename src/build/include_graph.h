// SPDX-License-Identifier: Apache-2.0
//
// Which units a changed header reaches. Who includes whom is read from the sources as text, without a
// preprocessor: so it may name too many units (an include under a condition that does not hold), which costs
// time, but leaves none out.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "build/build_cache.h"

namespace suture {

/// Whether a file of a kernel tree holds no code of an x86 kernel: other architectures, tools, samples.
bool is_left_out(std::string_view path);

class IncludeGraph {
 public:
  /// Reads all `#include` lines of a kernel tree, once for each `version` of it that the cache knows, but for
  /// those of files that are left out.
  static Result<IncludeGraph> read(const std::filesystem::path& tree, const BuildCache& cache,
                                   std::string_view version);
  /// From lines "FILE\0#include <NAME>", as `grep -Z` prints them.
  static IncludeGraph parse(std::string_view lines);

  /// The `.c` files that include one of these files, directly or through others; sorted. A `.c` file which
  /// another one includes stands for that other one as well.
  std::vector<std::string> units_that_include(const std::set<std::string>& files) const;

 private:
  struct Include {
    std::string name;  ///< as written: "linux/quotaops.h"
    bool quoted = false;
  };
  bool may_mean(const std::string& includer, const Include& include, const std::string& file) const;

  std::map<std::string, std::vector<Include>> includes_;  ///< by file
  /// Who includes something with this last part of a path.
  std::map<std::string, std::set<std::string>, std::less<>> includers_;
};

}  // namespace suture
