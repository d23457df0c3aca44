// SPDX-License-Identifier: Apache-2.0
#include "source/c_text.h"

#include <algorithm>
#include <cctype>
#include <initializer_list>

namespace suture {
namespace {

/// The next token of C, taken off the front; empty at the end. Strings and characters are one token each.
std::string_view next_token(std::string_view& rest) {
  bool at_line_start = false;
  while (!rest.empty()) {
    if (rest.front() == '\n') at_line_start = true;
    if (at_line_start && rest.front() == '#') {  // a line marker, or a pragma, which the caller gets whole
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(line.size());
      if (line.starts_with("#pragma")) return line;
      continue;
    }
    if (std::isspace(static_cast<unsigned char>(rest.front())) == 0) break;
    rest.remove_prefix(1);
  }
  if (rest.empty()) return rest;
  std::size_t size = 1;
  const char first = rest.front();
  if (first == '"' || first == '\'') {
    while (size < rest.size() && rest[size] != first) size += rest[size] == '\\' ? 2 : 1;
    size = std::min(size + 1, rest.size());
  } else if (is_word(first)) {
    while (size < rest.size() && is_word(rest[size])) ++size;
  }
  const std::string_view token = rest.substr(0, size);
  rest.remove_prefix(size);
  return token;
}

bool has_any(Tokens::const_iterator begin, Tokens::const_iterator end,
             std::initializer_list<std::string_view> words) {
  return std::find_first_of(begin, end, words.begin(), words.end()) != end;
}

/// Whether this is nothing but one function's body, or there is none: what follows could declare more.
bool ends_with_body(const Tokens& tokens, Tokens::const_iterator body) {
  if (body == tokens.end()) return tokens.back() == ";";
  int depth = 0;
  for (auto token = body; token != tokens.end(); ++token) {
    if (*token == "{") ++depth;
    if (*token == "}" && --depth == 0) return token + 1 == tokens.end();
  }
  return false;
}

/// The name before the only outermost parentheses that are no attribute's.
std::string name_in_head(Tokens::const_iterator begin, Tokens::const_iterator end) {
  std::string name;
  int depth = 0;
  for (auto token = begin; token != end; ++token) {
    if (*token == ")") --depth;
    if (depth == 0 && (*token == "," || token->starts_with('#'))) return {};
    if (*token != "(" || depth++ > 0) continue;
    if (token == begin || !is_word(token[-1].front())) return {};
    const std::string_view word = token[-1];
    if (word == "__attribute__" || word == "__attribute") continue;
    // Without a type in front it calls a macro.
    if (!name.empty() || token - 1 == begin || word.find("typeof") != std::string_view::npos) return {};
    name = word;
  }
  return name;
}

}  // namespace

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$';
}

Tokens tokens_of(std::string_view text) {
  Tokens tokens;
  while (true) {
    const std::string_view token = next_token(text);
    if (token.empty()) return tokens;
    tokens.push_back(token);
  }
}

std::vector<std::string> top_level_items(std::string_view text) {
  std::vector<std::string> items;
  std::string item;
  int depth = 0;
  bool is_function = false;  // so that its closing brace ends it
  std::string_view before;
  // The text begins a line.
  const std::string whole = "\n" + std::string(text);
  std::string_view rest = whole;
  while (true) {
    const std::string_view token = next_token(rest);
    if (token.empty()) break;
    if (!item.empty()) item += ' ';
    item += token;
    if (token == "{" && depth == 0) is_function = before == ")";
    if (token == "(" || token == "{" || token == "[") ++depth;
    if (token == ")" || token == "}" || token == "]") --depth;
    const bool ends = depth == 0 && (token == ";" || (token == "}" && is_function));
    if (ends) {
      items.push_back(std::move(item));
      item.clear();
      is_function = false;
    }
    before = token;
  }
  if (!item.empty()) items.push_back(std::move(item));
  return items;
}

std::string dispensable_function(const std::string& item) {
  const Tokens tokens = tokens_of(item);
  const auto begin = tokens.begin();
  const auto body = std::find(begin, tokens.end(), "{");
  if (tokens.empty() || !ends_with_body(tokens, body)) return {};
  if (has_any(begin, begin + 1, {"typedef", "_Static_assert"})) return {};
  if (body != tokens.end() && has_any(begin, begin + 1, {"struct", "union", "enum"})) return {};
  // There whether or not somebody calls it, or under another name.
  if (has_any(begin, body,
              {"used", "__used__", "section", "__section__", "constructor", "__constructor__", "alias",
               "__alias__", "weak", "__weak__", "asm", "__asm__", "="}))
    return {};
  const bool is_inline = has_any(begin, body, {"inline", "__inline", "__inline__"});
  if (body != tokens.end() && !(is_inline && has_any(begin, body, {"static"}))) return {};
  return name_in_head(begin, body);
}

std::string defined_function(const std::string& item) {
  const Tokens tokens = tokens_of(item);
  const auto body = std::find(tokens.begin(), tokens.end(), "{");
  if (body == tokens.end() || !ends_with_body(tokens, body)) return {};
  return name_in_head(tokens.begin(), body);
}

std::string defined_struct(const std::string& item) {
  const Tokens tokens = tokens_of(item);
  if (tokens.size() < 5 || tokens[0] != "struct" || !is_word(tokens[1].front()) || tokens[2] != "{")
    return {};
  int depth = 0;
  auto token = tokens.begin() + 2;
  for (; token != tokens.end(); ++token) {
    if (*token == "{") ++depth;
    if (*token == "}" && --depth == 0) break;
  }
  // Behind it, attributes only: a variable could be declared here as well.
  for (; token != tokens.end(); ++token) {
    if (*token == "(") ++depth;
    if (*token == ")") --depth;
    if (depth == 0 && is_word(token->front()) && !token->starts_with("__")) return {};
  }
  return std::string(tokens[1]);
}

std::string without_comments(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  const auto at = [&](std::size_t i) { return i < text.size() ? text[i] : '\0'; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '/' && at(i + 1) == '*') {
      i = std::min(text.find("*/", i + 2), text.size() - 2) + 1;
      result += ' ';
    } else if (text[i] == '/' && at(i + 1) == '/') {
      i = std::min(text.find('\n', i), text.size()) - 1;
    } else if (text[i] == '\\' && at(i + 1) == '\n') {
      ++i;
    } else if (text[i] == '"' || text[i] == '\'') {
      const char quote = text[i];
      result += quote;
      // One that is not closed, as an apostrophe in assembly, ends with its line.
      for (++i; i < text.size() && text[i] != quote && text[i] != '\n'; ++i) {
        if (text[i] == '\\' && at(i + 1) != '\0') result += text[i++];
        result += text[i];
      }
      if (i < text.size()) result += text[i];
    } else {
      result += text[i];
    }
  }
  return result;
}

std::vector<std::string_view> preprocessor_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t first = line.find_first_not_of(" \t");
    if (first != std::string_view::npos && line[first] == '#' && !line.starts_with("#line"))
      lines.push_back(line.substr(first));
  }
  return lines;
}

}  // namespace suture
