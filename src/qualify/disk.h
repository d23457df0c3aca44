// SPDX-License-Identifier: Apache-2.0
//
// A disk that outlives its machine: an image file with one ext4 file system, which guests mount at /var. What
// a guest did not bring to the disk before it is cut off is lost with its memory. What it wrote is there,
// also when it did not ask for a flush: a disk without a cache of its own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/error.h"

namespace suture {

/// "64M" or "1G", in bytes. "qualify.disk" otherwise.
Result<std::uint64_t> disk_size(std::string_view text);

/// Makes an empty one. "qualify.disk" when mke2fs(8) cannot.
Result<void> make_disk(const std::filesystem::path& file, std::uint64_t size);

}  // namespace suture
