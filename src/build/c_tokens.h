// SPDX-License-Identifier: Apache-2.0
//
// The tokens of preprocessed C. White space and line markers are none; what `__LINE__` came to is.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace suture {

struct Token {
  enum class Kind : std::uint8_t {
    kName,       ///< identifier or keyword
    kLiteral,    ///< number, string or character
    kMark,       ///< operator or punctuation, the longest that fits; or a byte that C has no use for
    kDirective,  ///< a whole line: "#pragma pack(1)"
  };
  Kind kind = Kind::kMark;
  std::string_view text;  ///< within the text that was cut
  bool operator==(const Token&) const = default;
  bool is(std::string_view mark) const { return text == mark && kind != Kind::kLiteral; }
};

/// Any bytes can be cut, and the tokens with nothing but white space between them are the text again: two
/// texts of equal tokens are the same to a compiler.
std::vector<Token> cut_tokens(std::string_view text);

}  // namespace suture
