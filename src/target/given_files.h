// SPDX-License-Identifier: Apache-2.0
//
// What a person names on the command line when a kernel comes from no archive.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace suture {

/// Empty: not given. Each has an initializer, so that designated ones may leave it out under -Wextra.
struct GivenFiles {
  std::filesystem::path build{};  ///< folder in which a kernel was built; holds what the ones below leave out
  std::filesystem::path source{};   ///< source tree
  std::filesystem::path image{};    ///< bzImage or vmlinux
  std::filesystem::path modules{};  ///< `lib/modules/RELEASE`
  std::filesystem::path headers{};  ///< .config, include/generated, Module.symvers
  std::filesystem::path kbuild{};   ///< `scripts` and `tools`, built
  std::filesystem::path config{};   ///< if `headers` has no .config
  std::string compiler{};           ///< command, where this machine calls it otherwise than the .config does
  bool hard_links = false;          ///< take files in by hard links: they will never be changed in place
  std::vector<std::filesystem::path> packages{};  ///< RPM files, or folders that hold some

  bool operator==(const GivenFiles&) const = default;
  /// Whether it names parts that only the files of one kernel have.
  bool names_parts() const {
    return !build.empty() || !source.empty() || !image.empty() || !modules.empty() || !headers.empty() ||
           !kbuild.empty() || !config.empty() || hard_links;
  }
};

}  // namespace suture
