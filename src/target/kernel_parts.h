// SPDX-License-Identifier: Apache-2.0
//
// The parts of one kernel as they lie on this machine, and whether they belong together. A package manager
// vouches for what it installs; parts that a person names may be of two builds, and patches made from those
// would be wrong without a sign.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.h"
#include "image/kernel_image.h"

namespace suture {

struct KernelParts {
  std::filesystem::path image, modules, headers, kbuild, config, source;
};

/// As KernelImage::read, and "target.architecture" for a kernel of another machine.
Result<KernelImage> read_kernel_of_this_kind(const std::filesystem::path& image);

/// All but the source and the image, against the image's release: "target.mixed" when they are of different
/// kernels, "target.no-symvers", "target.not-prepared" and "target.no-modules" when something is missing,
/// "target.architecture" and "target.compiler-unsupported" for kernels that cannot be built for.
Result<void> check_kernel_parts(const KernelParts& parts, std::string_view release);

/// That this is a kernel's source tree ("target.no-source") and of the version of the configuration
/// ("target.mixed").
Result<void> check_kernel_source(const std::filesystem::path& source, const std::filesystem::path& config);

/// The first line of a file, without blanks at its ends; empty when there is no such file.
std::string first_line(const std::filesystem::path& file);

}  // namespace suture
