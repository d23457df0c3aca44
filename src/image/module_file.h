// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "base/error.h"
#include "base/file.h"

namespace suture {

/// A module as it is loaded, from NAME.ko or, unpacked, from NAME.ko.gz, .xz or .zst. "image.malformed",
/// "image.too-large", "image.compression-unsupported".
Result<Bytes> read_module_file(const std::filesystem::path& path);

/// Whether a file's name is that of a module, compressed or not.
bool is_module_file(const std::filesystem::path& path);

}  // namespace suture
