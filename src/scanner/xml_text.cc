// SPDX-License-Identifier: Apache-2.0
#include "scanner/xml_text.h"

#include <cstdint>

namespace suture {
namespace {

constexpr const char* kReplacement = "\xEF\xBF\xBD";

struct Letter {
  std::uint32_t code = 0;
  std::size_t length = 0;  ///< in bytes; 0: no UTF-8
};

/// The shortest form only, and no surrogates (RFC 3629).
Letter first_letter(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {};
  std::uint32_t code = lead & (0xFFu >> (length + 1));
  for (std::size_t at = 1; at < length; ++at) {
    if ((byte(at) & 0xC0u) != 0x80) return {};
    code = code << 6 | (byte(at) & 0x3Fu);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
  return {code, length};
}

/// The production Char of XML 1.0.
bool may_stand(std::uint32_t code) {
  if (code < 0x20) return code == '\t' || code == '\n' || code == '\r';
  return code != 0xFFFE && code != 0xFFFF;
}

}  // namespace

std::string xml_escaped(std::string_view text) {
  std::string escaped;
  while (!text.empty()) {
    const Letter letter = first_letter(text);
    const std::size_t length = letter.length == 0 ? 1 : letter.length;
    if (letter.length == 0 || !may_stand(letter.code)) {
      escaped += kReplacement;
    } else if (letter.code == '&') {
      escaped += "&amp;";
    } else if (letter.code == '<') {
      escaped += "&lt;";
    } else if (letter.code == '>') {
      escaped += "&gt;";
    } else if (letter.code == '"') {
      escaped += "&quot;";
    } else if (letter.code < 0x20) {
      // As a reference, or a parser makes a blank of it in an attribute.
      escaped += "&#" + std::to_string(letter.code) + ";";
    } else {
      escaped += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return escaped;
}

}  // namespace suture
