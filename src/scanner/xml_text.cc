// SPDX-License-Identifier: Apache-2.0
#include "scanner/xml_text.h"

#include "base/utf8.h"

namespace suture {
namespace {

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
      escaped += kReplacementLetter;
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
