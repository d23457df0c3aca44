// SPDX-License-Identifier: Apache-2.0
#include "build/unit_text.h"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <map>
#include <set>

namespace suture {
namespace {

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$';
}

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

using Tokens = std::vector<std::string_view>;

Tokens tokens_of(std::string_view text) {
  Tokens tokens;
  while (true) {
    const std::string_view token = next_token(text);
    if (token.empty()) return tokens;
    tokens.push_back(token);
  }
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
    if (!name.empty() || word.find("typeof") != std::string_view::npos) return {};
    name = word;
  }
  return name;
}

/// The function that an item declares or defines, when that is all that it does and nobody need have it;
/// empty for anything else.
std::string function_of(const std::string& item) {
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

/// How often each item is there.
std::map<std::string, int> counted(const std::vector<std::string>& items) {
  std::map<std::string, int> counts;
  for (const std::string& item : items) ++counts[item];
  return counts;
}

}  // namespace

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

bool code_may_differ(std::string_view before, std::string_view after) {
  const std::vector<std::string> old_items = top_level_items(before);
  const std::vector<std::string> new_items = top_level_items(after);
  const auto old_counts = counted(old_items);
  const auto new_counts = counted(new_items);
  std::set<std::string, std::less<>> changed;  // functions
  const auto take = [&](const std::map<std::string, int>& these, const std::map<std::string, int>& those) {
    return std::ranges::all_of(these, [&](const auto& entry) {
      const auto other = those.find(entry.first);
      if (other != those.end() && other->second == entry.second) return true;
      const std::string name = function_of(entry.first);
      if (!name.empty()) changed.insert(name);
      return !name.empty();
    });
  };
  if (!take(old_counts, new_counts) || !take(new_counts, old_counts)) return true;
  // What is the same must come in the same order, too: a definition has to stand before its use.
  const auto names_changed = [&](const std::string& item) {
    return std::ranges::any_of(tokens_of(item),
                               [&](std::string_view token) { return changed.contains(token); });
  };
  const auto kept = [&](const std::vector<std::string>& items, const std::map<std::string, int>& those) {
    std::vector<const std::string*> result;
    for (const std::string& item : items) {
      if (those.contains(item)) result.push_back(&item);
    }
    return result;
  };
  const auto old_kept = kept(old_items, new_counts);
  const auto new_kept = kept(new_items, old_counts);
  const bool same_order = std::ranges::equal(
      old_kept, new_kept, [](const std::string* a, const std::string* b) { return *a == *b; });
  return !same_order ||
         std::ranges::any_of(old_kept, [&](const std::string* item) { return names_changed(*item); });
}

}  // namespace suture
