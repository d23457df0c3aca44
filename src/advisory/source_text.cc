// SPDX-License-Identifier: Apache-2.0
#include "advisory/source_text.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace suture {
namespace {

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  return text;
}

/// The size of the comment, string, character, word or sign that a text begins with.
std::size_t size_of_first(std::string_view rest) {
  if (rest.starts_with("/*")) {
    const std::size_t end = rest.find("*/", 2);
    return end == std::string_view::npos ? rest.size() : end + 2;
  }
  if (rest.starts_with("//")) return std::min(rest.find('\n'), rest.size());
  std::size_t size = 1;
  if (rest.front() == '"' || rest.front() == '\'') {
    // One that is not closed on its line is an apostrophe (in an #error), and stands for itself.
    while (size < rest.size() && rest[size] != rest.front() && rest[size] != '\n')
      size += rest[size] == '\\' ? 2 : 1;
    return size < rest.size() && rest[size] == rest.front() ? size + 1 : 1;
  }
  if (is_word(rest.front())) {
    while (size < rest.size() && is_word(rest[size])) ++size;
  }
  return size;
}

/// Of a directive's words: "(IS_ENABLED(CONFIG_IPV6))", "defined(CONFIG_NET)".
std::string condition_of(const std::vector<std::string>& words) {
  if (words.size() < 3) return "(1)";
  if (words[1] == "ifdef") return "defined(" + words[2] + ")";
  if (words[1] == "ifndef") return "(!defined(" + words[2] + "))";
  std::string text = "(";
  for (std::size_t i = 2; i < words.size(); ++i) {
    if (i > 2 && is_word(words[i].front()) && is_word(text.back())) text += ' ';
    text += words[i];
  }
  return text + ")";
}

}  // namespace

std::vector<SourceToken> source_tokens(std::string_view text, std::uint32_t first_line) {
  std::vector<SourceToken> tokens;
  std::uint32_t line = first_line;
  while (!text.empty()) {
    const std::size_t size = std::min(size_of_first(text), text.size());
    const std::string_view first = text.substr(0, size);
    const bool blank = std::isspace(static_cast<unsigned char>(first.front())) != 0 ||
                       first.starts_with("/*") || first.starts_with("//") || first == "\\";
    if (!blank) tokens.push_back({.text = std::string(first), .line = line});
    line += static_cast<std::uint32_t>(std::ranges::count(first, '\n'));
    text.remove_prefix(size);
  }
  return tokens;
}

std::vector<SourceToken> tokens_of_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    const std::string_view rest = trimmed(line);
    // A comment's middle: " * words".
    const bool comment = rest == "*" || rest.starts_with("* ") || rest.starts_with("*\t");
    if (!comment) text += line;
    if (comment && rest.ends_with("*/")) text += "*/";
    text += '\n';
  }
  // What begins within a comment.
  const std::size_t close = text.find("*/");
  if (close != std::string::npos && text.substr(0, close).find("/*") == std::string::npos)
    text.replace(0, close + 2,
                 static_cast<std::size_t>(
                     std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(close), '\n')),
                 '\n');
  return source_tokens(text);
}

SourceText::SourceText(std::string_view path, std::string_view text)
    : tokens_(source_tokens(text)), items_(outline_of(path, text)) {
  find_branches(text);
}

std::vector<const OutlineItem*> SourceText::find(std::string_view name) const {
  std::vector<const OutlineItem*> found;
  for (const OutlineItem& item : items_) {
    if (item.defined && item.name == name) found.push_back(&item);
  }
  return found;
}

const OutlineItem* SourceText::at(std::uint32_t line) const {
  const OutlineItem* item = item_at(items_, line);
  return item != nullptr && item->defined ? item : nullptr;
}

std::vector<std::string> SourceText::conditions_at(std::uint32_t line) const {
  std::vector<std::string> conditions;
  for (const Branch& branch : branches_) {
    if (branch.first < line && line < branch.last) conditions.push_back(branch.condition);
  }
  return conditions;
}

namespace {

/// A line for the preprocessor, with those that it goes on in.
struct Directive {
  std::uint32_t first = 0;
  std::vector<std::string> words{};
};

std::vector<Directive> directives_of(std::string_view text) {
  std::vector<Directive> directives;
  std::uint32_t number = 0;
  Directive directive;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (directive.first == 0 && !line.starts_with('#')) continue;
    if (directive.first == 0) directive.first = number;
    const bool goes_on = line.ends_with('\\');
    if (goes_on) line.remove_suffix(1);
    for (SourceToken& token : source_tokens(line)) directive.words.push_back(std::move(token.text));
    if (!goes_on) directives.push_back(std::exchange(directive, {}));
  }
  return directives;
}

/// As far as it is short enough for anybody to have written it; else one that nobody can tell. Each branch of
/// a chain of #elif names all before it.
std::string bounded(std::string condition) {
  constexpr std::size_t kLongest = 4096;
  return condition.size() > kLongest ? "(unknown)" : std::move(condition);
}

}  // namespace

/// Branches are kept in the order in which they begin, so that the outer one comes first.
void SourceText::find_branches(std::string_view text) {
  struct Open {
    std::size_t branch = 0;
    std::string none_before{};  ///< that no branch before this one was taken
  };
  std::vector<Open> open;
  const auto behind = static_cast<std::uint32_t>(std::ranges::count(text, '\n')) + 2;
  for (const Directive& found : directives_of(text)) {
    const std::string kind = found.words.size() > 1 ? found.words[1] : std::string();
    const std::string condition = bounded(condition_of(found.words));
    if (kind == "if" || kind == "ifdef" || kind == "ifndef") {
      open.push_back({.branch = branches_.size(), .none_before = "!" + condition});
      branches_.push_back({.first = found.first, .last = behind, .condition = condition});
    } else if (open.empty()) {
      continue;
    } else if (kind == "endif") {
      branches_[open.back().branch].last = found.first;
      open.pop_back();
    } else if (kind == "else" || kind == "elif") {
      Open& last = open.back();
      branches_[last.branch].last = found.first;
      last.branch = branches_.size();
      const std::string both =
          kind == "else" ? last.none_before : bounded(last.none_before + " && " + condition);
      branches_.push_back({.first = found.first, .last = behind, .condition = both});
      if (kind == "elif") last.none_before = bounded(last.none_before + " && !" + condition);
    }
  }
}

}  // namespace suture
