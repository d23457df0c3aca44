// SPDX-License-Identifier: Apache-2.0
//
// Folders that hold a small Debian system with one exact compiler. They are not installed: packages are
// unpacked without running their scripts, so nobody need be root.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.h"
#include "target/debian_suites.h"

namespace suture {

struct DebianCompiler {
  std::string package;  ///< "gcc-14"
  std::string version;  ///< "14.2.0-19"
};

/// From CONFIG_CC_VERSION_TEXT: "gcc-14 (Debian 14.2.0-19) 14.2.0". "target.compiler-unknown".
Result<DebianCompiler> parse_debian_compiler(std::string_view text);

/// Fills the empty folder `root`. "target.no-mmdebstrap" when that program is missing.
Result<void> make_debian_root(const DebianSuites& suites, const DebianCompiler& compiler,
                              const std::filesystem::path& root);

}  // namespace suture
