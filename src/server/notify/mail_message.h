// SPDX-License-Identifier: Apache-2.0
//
// A mail as it goes over the wire (RFC 5322, MIME). Text from events is foreign: it can neither end a header
// nor begin one, whatever it holds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace suture::server {

struct Mail {
  std::string from{};  ///< an address, as those below
  std::vector<std::string> to{};
  std::string subject{};
  std::string text{};  ///< lines end with a line feed
  std::string id{};    ///< letters, digits, '_': the same for each try
  Time date{};
};

/// "ops@example.org": one address, without a name, quotes, comments or letters beyond ASCII. What it refuses
/// may be an address elsewhere; what it takes is one everywhere.
bool is_mail_address(std::string_view text);

/// Header and body, lines ended by CR and LF, none longer than 998 bytes.
std::string mail_text(const Mail& mail);

/// A header's value in words of RFC 2047 where it needs them. Control characters become spaces.
std::string header_words(std::string_view text, std::size_t column);
/// RFC 2045, 6.7.
std::string quoted_printable(std::string_view text);

}  // namespace suture::server
