// SPDX-License-Identifier: Apache-2.0
#include "postgresql/sql_token.h"

#include <algorithm>
#include <array>

namespace suture::postgresql {
namespace {

constexpr std::size_t kMostBytes = 256u << 10;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool starts_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool goes_on(char c) {
  return starts_word(c) || is_digit(c);
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

template <class Of>
std::size_t run_of(std::string_view text, Of of) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, of) - text.begin());
}

std::size_t blank_length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size()) {
    const std::string_view rest = text.substr(length);
    if (rest.starts_with("--")) {
      length += std::min(rest.find('\n'), rest.size());
    } else if (rest.front() == ' ' || rest.front() == '\n' || rest.front() == '\t') {
      ++length;
    } else {
      break;
    }
  }
  return length;
}

/// Of a text in quotation marks, in which a doubled one is one of it; 0 where it does not end.
std::size_t text_length(std::string_view text) {
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] != '\'') continue;
    if (at + 1 == text.size() || text[at + 1] != '\'') return at + 1;
    ++at;
  }
  return 0;
}

std::size_t sign_length(std::string_view text) {
  // Another kind of comment, which may hold others in PostgreSQL and not in SQLite.
  if (text.starts_with("/*")) return 0;
  constexpr std::array<std::string_view, 5> kPairs{"<>", "<=", ">=", "!=", "||"};
  if (std::ranges::any_of(kPairs, [&](auto pair) { return text.starts_with(pair); })) return 2;
  return std::string_view("(),;.*=<>+-/%").find(text.front()) != text.npos ? 1 : 0;
}

}  // namespace

bool SqlToken::is(std::string_view keyword) const {
  return (kind == Kind::kWord || kind == Kind::kSign) && std::ranges::equal(text, keyword, {}, lower, lower);
}

Result<std::vector<SqlToken>> sql_tokens(std::string_view sql) {
  const auto refuse = [](std::string why) {
    return fail("store.dialect", "read a statement", std::move(why));
  };
  if (sql.size() > kMostBytes) return refuse("it is too long");
  std::vector<SqlToken> tokens;
  while (true) {
    SqlToken token{.before = sql.substr(0, blank_length(sql))};
    sql.remove_prefix(token.before.size());
    if (sql.empty()) return tokens;
    std::size_t length = 0;
    if (starts_word(sql.front())) {
      token.kind = SqlToken::Kind::kWord;
      length = run_of(sql, goes_on);
    } else if (is_digit(sql.front())) {
      token.kind = SqlToken::Kind::kNumber;
      length = run_of(sql, goes_on);
      if (length != run_of(sql, is_digit) || sql.substr(length).starts_with('.'))
        return refuse("a number is not whole");
    } else if (sql.front() == '\'') {
      token.kind = SqlToken::Kind::kText;
      length = text_length(sql);
    } else if (sql.front() == '?') {
      token.kind = SqlToken::Kind::kParameter;
      sql.remove_prefix(1);
      length = run_of(sql, is_digit);
      if (length == 0 || length > 2 || sql.front() == '0') return refuse("a parameter is none of ?1 to ?99");
    } else {
      token.kind = SqlToken::Kind::kSign;
      length = sign_length(sql);
    }
    if (length == 0) return refuse("what follows is none of its words: " + std::string(sql.substr(0, 20)));
    token.text = sql.substr(0, length);
    sql.remove_prefix(length);
    tokens.push_back(token);
  }
}

}  // namespace suture::postgresql
