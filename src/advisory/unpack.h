// SPDX-License-Identifier: Apache-2.0
//
// Feeds come compressed, and in archives of many small files.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace suture {

struct UnpackLimits {
  std::size_t document = 64u << 20;           ///< bytes of one, unpacked
  std::size_t documents = 4u << 20;           ///< of an archive
  std::size_t total = std::size_t{64} << 30;  ///< bytes of all of them
};

/// One file of an archive, or all there is: then `inside` is empty. Text, or why it could not be unpacked
/// ("advisory.unpack").
using Unpacked = std::function<Result<void>(std::string_view inside, Result<std::string_view> text)>;

/// Of gzip, xz, zstd, zip, tar, and what is none of these, as it is. `wanted` is asked by the name inside an
/// archive, and what it does not want is passed over. Errors: "advisory.unpack" where it cannot go on, and
/// the callback's.
Result<void> unpack(std::string_view bytes, const UnpackLimits& limits,
                    const std::function<bool(std::string_view inside)>& wanted, const Unpacked& unpacked);

/// The text of one file that may be compressed, up to `most` bytes of it. "advisory.unpack", and those of
/// read_file().
Result<std::string> read_packed_text(const std::filesystem::path& file, std::size_t most);

}  // namespace suture
