// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/file.h"

namespace suture {

/// SHA-256 as 64 lower-case hexadecimal digits.
std::string sha256_hex(ByteView bytes);
Result<std::string> sha256_hex_of_file(const std::filesystem::path& path);

/// Whether it has the form that sha256_hex() gives.
bool is_sha256_hex(std::string_view text);

std::string to_hex(ByteView bytes);
/// Accepts upper and lower case; "hex.malformed" for an odd length or a foreign character.
Result<Bytes> from_hex(std::string_view text);

}  // namespace suture
