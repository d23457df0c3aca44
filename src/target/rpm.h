// SPDX-License-Identifier: Apache-2.0
//
// Kernels of distributions with RPM packages, as Fedora and Red Hat make them: kernel-core (or kernel),
// kernel-modules and the like, kernel-devel, and the source package, as files.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "target/distribution.h"
#include "target/given_files.h"
#include "target/rpm_package.h"

namespace suture {

std::unique_ptr<Distribution> make_rpm(const GivenFiles& given);

/// The packages that make up one kernel.
struct RpmKernel {
  RpmPackage image;                 ///< has lib/modules/RELEASE/vmlinuz, or boot/vmlinuz-RELEASE
  RpmPackage devel;                 ///< has usr/src/kernels/RELEASE; may be the same package
  std::vector<RpmPackage> modules;  ///< others of the same build with files in lib/modules/RELEASE
  RpmPackage source;
};

/// Told by what packages hold and what they say they were built from. "target.unknown" when there is no such
/// kernel, "target.missing-package" says which is, "target.mixed", "target.architecture".
Result<RpmKernel> choose_rpm_packages(const std::string& release, const std::vector<RpmPackage>& packages);

/// Releases whose images are in these packages.
std::vector<std::string> rpm_releases(const std::vector<RpmPackage>& packages);

}  // namespace suture
