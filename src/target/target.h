// SPDX-License-Identifier: Apache-2.0
//
// What one exact kernel build is made of, unpacked on this machine: the image that hosts run, its modules,
// and all that is needed to compile any unit of it again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json_fwd.h"
#include "patchset/patchset.h"

namespace suture {

/// All paths are absolute. Treat them as read-only: targets share them.
struct Target {
  TargetId id;
  std::filesystem::path image;    ///< bzImage or vmlinux, for KernelImage::read
  std::filesystem::path modules;  ///< `lib/modules/RELEASE`, holds `kernel/**/*.ko*`
  std::filesystem::path source;   ///< source tree, patched by the distribution, not configured
  std::filesystem::path headers;  ///< the flavour's build folder: .config, include/generated, Module.symvers
  std::filesystem::path common_headers;  ///< Makefiles and headers that the flavours share
  std::filesystem::path kbuild;          ///< `scripts` and `tools` built for this machine: modpost, objtool
  std::filesystem::path config;          ///< the .config which the kernel was built with
  std::filesystem::path changelog;       ///< of its package, compressed with gzip; empty: none is known
  std::filesystem::path build_root;      ///< a system that has its compiler; empty: this machine had that
  std::string compiler;                  ///< command: "gcc-12"
  std::string compiler_version;  ///< CONFIG_CC_VERSION_TEXT: "gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0"
  std::string banner;            ///< KernelImage::banner()
  std::uint64_t symbols = 0;     ///< in the image
  std::uint64_t size = 0;        ///< bytes on disk, with the source
  std::map<std::string, std::string> packages;  ///< what it was unpacked from: name → version
  std::vector<std::string> warnings;  ///< what makes it of little use, though nothing is wrong with it
  bool operator==(const Target&) const = default;
};

inline constexpr std::string_view kTargetRecord = "target.json";

/// Paths are written relative to `store`, so a store can be moved as a whole.
Json to_json(const Target& target, const std::filesystem::path& store);
/// Checks every field; "target.schema" names the wrong one. No path may lead out of `store`.
Result<Target> target_from_json(const Json& json, const std::filesystem::path& store);

/// The value of CONFIG_CC_VERSION_TEXT in a .config; "target.no-compiler" when it has none.
Result<std::string> compiler_version_of_config(std::string_view config);

}  // namespace suture
