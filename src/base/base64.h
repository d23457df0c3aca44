// SPDX-License-Identifier: Apache-2.0
//
// Base 64 as in RFC 4648, section 4: padded, on one line.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/file.h"

namespace suture {

std::string to_base64(ByteView bytes);

/// Nothing for any text but the one that to_base64() makes of the bytes: white space, missing padding and
/// stray bits before it are refused, so that one value has one text. Below 1 GiB.
std::optional<Bytes> from_base64(std::string_view text);

}  // namespace suture
