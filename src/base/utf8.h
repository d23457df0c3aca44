// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace suture {

struct Letter {
  std::uint32_t code = 0;
  std::size_t length = 0;  ///< in bytes; 0: what stands there is no UTF-8
};

/// The one at the start of a text that is not empty: the shortest form only, and no surrogates (RFC 3629).
Letter first_letter(std::string_view text);

inline constexpr std::string_view kReplacementLetter = "\xEF\xBF\xBD";  ///< U+FFFD

/// Each byte that belongs to no letter becomes U+FFFD.
std::string as_utf8(std::string_view text);

}  // namespace suture
