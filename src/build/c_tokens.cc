// SPDX-License-Identifier: Apache-2.0
#include "build/c_tokens.h"

#include <algorithm>
#include <array>

namespace suture {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Bytes beyond ASCII are letters: gcc takes UTF-8 in names.
bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_name_part(char c) {
  return is_name_start(c) || is_digit(c);
}

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

/// Marks of more than one byte, longer ones first.
constexpr std::array<std::string_view, 24> kMarks{"...", "<<=", ">>=", "->", "++", "--", "<<", ">>",
                                                  "<=",  ">=",  "==",  "!=", "&&", "||", "*=", "/=",
                                                  "%=",  "+=",  "-=",  "&=", "^=", "|=", "##", "::"};

class Cutter {
 public:
  explicit Cutter(std::string_view text) : text_(text) {}

  std::vector<Token> run() {
    // Kernel text has a token every five bytes or so.
    tokens_.reserve(text_.size() / 4);
    bool line_start = true;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (is_space(c)) {
        line_start = line_start || c == '\n';
        ++at_;
        continue;
      }
      if (line_start && c == '#')
        directive();
      else if (is_name_start(c))
        name();
      else if (is_digit(c) || (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1])))
        take(Token::Kind::kLiteral, number_end());
      else if (c == '"' || c == '\'')
        take(Token::Kind::kLiteral, quote_end(at_));
      else
        take(Token::Kind::kMark, at_ + mark_size());
      line_start = false;
    }
    return std::move(tokens_);
  }

 private:
  void take(Token::Kind kind, std::size_t end) {
    tokens_.push_back({.kind = kind, .text = text_.substr(at_, end - at_)});
    at_ = end;
  }

  void directive() {
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    const std::size_t word = std::min(text_.find_first_not_of(" \t", at_ + 1), end);
    if (word < end && is_digit(text_[word]))
      at_ = end;  // a line marker
    else
      take(Token::Kind::kDirective, end);
  }

  void name() {
    std::size_t end = at_;
    while (end < text_.size() && is_name_part(text_[end])) ++end;
    constexpr std::array<std::string_view, 4> kPrefixes{"L", "u", "U", "u8"};
    const bool prefix = end < text_.size() && (text_[end] == '"' || text_[end] == '\'') &&
                        std::ranges::find(kPrefixes, text_.substr(at_, end - at_)) != kPrefixes.end();
    if (prefix)
      take(Token::Kind::kLiteral, quote_end(end));
    else
      take(Token::Kind::kName, end);
  }

  /// "1e+5", "0x1p-3": what the standard calls a preprocessing number.
  std::size_t number_end() const {
    std::size_t at = at_ + 1;
    for (; at < text_.size(); ++at) {
      const char before = text_[at - 1];
      const bool sign = (text_[at] == '+' || text_[at] == '-') &&
                        (before == 'e' || before == 'E' || before == 'p' || before == 'P');
      if (!is_name_part(text_[at]) && text_[at] != '.' && !sign) break;
    }
    return at;
  }

  /// One that is not closed ends with its line.
  std::size_t quote_end(std::size_t open) const {
    for (std::size_t at = open + 1; at < text_.size(); ++at) {
      if (text_[at] == text_[open]) return at + 1;
      if (text_[at] == '\n') return at;
      if (text_[at] == '\\' && at + 1 < text_.size()) ++at;
    }
    return text_.size();
  }

  std::size_t mark_size() const {
    const std::string_view rest = text_.substr(at_, 3);
    const auto mark =
        std::ranges::find_if(kMarks, [&](std::string_view candidate) { return rest.starts_with(candidate); });
    return mark == kMarks.end() ? 1 : mark->size();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> cut_tokens(std::string_view text) {
  return Cutter(text).run();
}

}  // namespace suture
