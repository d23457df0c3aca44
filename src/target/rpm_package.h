// SPDX-License-Identifier: Apache-2.0
//
// RPM packages as files. What a package is, is told by its own metadata: file names are anybody's choice.
// Signatures are not checked here, since only the user knows whose to trust (`rpmkeys --checksig` does it).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"

namespace suture {

struct RpmPackage {
  std::filesystem::path file;
  std::string name, version, release, architecture;
  bool is_source = false;
  std::string source_rpm;            ///< which it was built from: "kernel-5.14.0-503.el9.src.rpm"
  std::uint64_t size = 0;            ///< bytes when unpacked, as the package has it
  std::vector<std::string> files;    ///< absolute paths; names in a source package
  std::vector<std::string> sources;  ///< of a source package: names
  std::vector<std::string> patches;  ///< those which its spec applied or may apply, in no order

  std::string full_version() const { return version + "-" + release; }
};

/// "target.not-a-package" when it is none, "target.package-damaged" when its metadata make no sense.
Result<RpmPackage> read_rpm_package(const std::filesystem::path& file);

/// Unpacks below `root`, as unpack_cpio does, after the package's digests were checked. A large file is made
/// beside `root` meanwhile.
Result<void> unpack_rpm(const RpmPackage& package, const std::filesystem::path& root);

}  // namespace suture
