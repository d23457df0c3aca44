// SPDX-License-Identifier: Apache-2.0
//
// From a kernel's source RPM to the tree that the kernel was compiled from, without rpmbuild.
#pragma once

#include <filesystem>

#include "base/error.h"
#include "base/terminal.h"
#include "target/rpm_package.h"

namespace suture {

/// Fills the empty folder `tree`: the package's one linux-*.tar.*, and the spec's patches over it.
/// "target.spec-unsupported" and "target.no-source" when it is packed in another way, "target.patch-failed",
/// "target.package-unsafe" for what no kernel's source holds.
Result<void> unpack_source_rpm(const RpmPackage& package, const std::filesystem::path& tree,
                               Progress& progress);

}  // namespace suture
