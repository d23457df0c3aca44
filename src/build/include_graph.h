// SPDX-License-Identifier: Apache-2.0
//
// Which units a changed header reaches. Who includes whom is read from the sources as text, without a
// preprocessor: so it may name too many units (an include under a condition that does not hold), which costs
// time, but leaves none out. Two ways to a header are in no source, and known by name:
//
//  - kbuild makes <asm/NAME.h> of one line, an include of <asm-generic/NAME.h>, where an architecture has no
//    such header of its own;
//  - it gives the compiler three headers for every unit, with -include.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace suture {

/// As an `#include` line has it.
struct Include {
  std::string name;     ///< "linux/quotaops.h"
  bool quoted = false;  ///< in "…", not in <…>
  bool operator==(const Include&) const = default;
};

class IncludeGraph {
 public:
  /// Reads all `#include` lines of a kernel tree. Other architectures, tools and samples are left out.
  static Result<IncludeGraph> read(const std::filesystem::path& tree);
  /// From lines "FILE\0#include <NAME>", as `grep -Z` prints them.
  static IncludeGraph parse(std::string_view lines);

  /// A source that is there, whether it includes anything or not. False if it is in a folder that is left
  /// out.
  bool add(const std::string& file);
  void add(const std::string& file, Include include);

  /// The `.c` files that include one of these files, directly or through others; sorted. A `.c` file which
  /// another one includes stands for that other one as well.
  std::vector<std::string> units_that_include(const std::set<std::string>& files) const;

  /// What each file includes.
  const std::map<std::string, std::vector<Include>>& files() const { return includes_; }
  /// All `.c` files.
  std::size_t units() const;

 private:
  bool may_mean(const std::string& includer, const Include& include, const std::string& file) const;

  std::map<std::string, std::vector<Include>> includes_;  ///< by file
  /// Who includes something with this last part of a path.
  std::map<std::string, std::set<std::string>, std::less<>> includers_;
};

}  // namespace suture
