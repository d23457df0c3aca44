// SPDX-License-Identifier: Apache-2.0
#include "source/c_outline.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "source/c_text.h"

namespace suture {
namespace {

struct Token {
  std::string_view text{};
  std::uint32_t line = 0;
  std::uint32_t last_line = 0;  ///< of a directive that goes on behind a backslash
  bool at_margin = false;       ///< in the first column
};

/// Tokens with their lines. Directives of the preprocessor are one token each; comments are none.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::optional<Token> next() {
    skip_space();
    if (at_ >= text_.size()) return std::nullopt;
    Token token{.text = {}, .line = line_, .last_line = line_, .at_margin = at_ == line_start_};
    const std::size_t begin = at_;
    const char first = text_[at_];
    if (first == '#' && is_first_on_line_) {
      skip_directive();
    } else if (first == '"' || first == '\'') {
      skip_quoted(first);
    } else if (is_word(first)) {
      while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    } else {
      ++at_;
    }
    is_first_on_line_ = false;
    token.text = text_.substr(begin, at_ - begin);
    token.last_line = line_;
    return token;
  }

 private:
  char ahead(std::size_t distance) const {
    return at_ + distance < text_.size() ? text_[at_ + distance] : '\0';
  }
  void new_line() {
    ++at_;
    ++line_;
    line_start_ = at_;
  }
  void skip_space() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n') {
        new_line();
        is_first_on_line_ = true;
      } else if (c == '\\' && ahead(1) == '\n') {
        ++at_;
        new_line();
      } else if (c == '/' && ahead(1) == '*') {
        skip_comment();
      } else if (c == '/' && ahead(1) == '/') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (std::isspace(static_cast<unsigned char>(c)) != 0) {
        ++at_;
      } else {
        return;
      }
    }
  }
  void skip_comment() {
    const std::size_t end = std::min(text_.find("*/", at_ + 2), text_.size());
    while (at_ < end) {
      if (text_[at_] == '\n')
        new_line();
      else
        ++at_;
    }
    at_ = std::min(end + 2, text_.size());
  }
  /// One that is not closed, as an apostrophe in assembly, ends with its line.
  void skip_quoted(char quote) {
    for (++at_; at_ < text_.size() && text_[at_] != '\n'; ++at_) {
      if (text_[at_] == quote) {
        ++at_;
        return;
      }
      if (text_[at_] != '\\' || at_ + 1 >= text_.size()) continue;
      if (ahead(1) == '\n') {
        ++at_;
        new_line();
        --at_;
      } else {
        ++at_;
      }
    }
  }
  void skip_directive() {
    while (at_ < text_.size() && text_[at_] != '\n') {
      if (text_[at_] == '\\' && ahead(1) == '\n') {
        ++at_;
        new_line();
      } else if (text_[at_] == '/' && ahead(1) == '*') {
        skip_comment();
      } else {
        ++at_;
      }
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_start_ = 0;
  std::uint32_t line_ = 1;
  bool is_first_on_line_ = true;
};

bool is_name(std::string_view token) {
  return !token.empty() && is_word(token.front()) && std::isdigit(static_cast<unsigned char>(token[0])) == 0;
}

/// Takes arguments, and is neither a function nor what makes one.
bool is_attribute(std::string_view word) {
  constexpr std::array kAttributes{std::string_view("__attribute__"),
                                   std::string_view("__attribute"),
                                   std::string_view("__printf"),
                                   std::string_view("__scanf"),
                                   std::string_view("__aligned"),
                                   std::string_view("__section"),
                                   std::string_view("__releases"),
                                   std::string_view("__acquires"),
                                   std::string_view("__must_hold"),
                                   std::string_view("__alloc_size"),
                                   std::string_view("__assume_aligned"),
                                   std::string_view("__malloc"),
                                   std::string_view("typeof"),
                                   std::string_view("__typeof__"),
                                   std::string_view("__nonnull"),
                                   std::string_view("__cond_lock"),
                                   std::string_view("__no_sanitize"),
                                   std::string_view("__error"),
                                   std::string_view("__warning"),
                                   std::string_view("__realloc_size"),
                                   std::string_view("__alias"),
                                   std::string_view("__must_hold_shared"),
                                   std::string_view("__counted_by"),
                                   std::string_view("__context__"),
                                   std::string_view("asm"),
                                   std::string_view("__asm__"),
                                   std::string_view("_Alignas"),
                                   std::string_view("__acquires_shared"),
                                   std::string_view("__releases_shared"),
                                   std::string_view("__guarded_by"),
                                   std::string_view("__cacheline_group_begin")};
  return std::ranges::find(kAttributes, word) != kAttributes.end();
}

bool is_tag_keyword(std::string_view word) {
  return word == "struct" || word == "union" || word == "enum";
}

/// Words in capitals are macros, by the kernel's custom.
bool is_in_capitals(std::string_view word) {
  return std::ranges::none_of(word, [](unsigned char c) { return std::islower(c) != 0; });
}

using Head = std::vector<Token>;

/// A name with its parentheses in the head of an item: "f" of `static int f(int a) __releases(lock)`.
struct Call {
  std::string_view name{};
  std::string_view argument{};  ///< the first, where it is a name
  bool has_type = false;        ///< something stands in front
};

std::optional<Call> call_in(const Head& head) {
  int depth = 0;
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i].text == ")" || head[i].text == "]") --depth;
    if (head[i].text == "[") ++depth;
    if (head[i].text != "(" || depth++ > 0) continue;
    if (i == 0 || !is_name(head[i - 1].text) || is_attribute(head[i - 1].text)) continue;
    if (i + 1 < head.size() && head[i + 1].text == "*") continue;  // a pointer to functions
    Call call{.name = head[i - 1].text, .argument = {}, .has_type = i >= 2};
    if (i + 1 < head.size() && is_name(head[i + 1].text)) call.argument = head[i + 1].text;
    return call;
  }
  return std::nullopt;
}

/// The function that a macro with a body makes.
std::string function_by_macro(const Call& call) {
  std::string argument(call.argument);
  // include/linux/syscalls.h, include/linux/compat.h
  if (call.name.starts_with("SYSCALL_DEFINE")) return "__do_sys_" + argument;
  if (call.name.starts_with("COMPAT_SYSCALL_DEFINE")) return "__do_compat_sys_" + argument;
  return argument;
}

std::string function_name(const Call& call) {
  const bool by_macro = !call.argument.empty() &&
                        (!call.has_type || call.name.find("_DEFINE") != call.name.npos) &&
                        is_in_capitals(call.name);
  return by_macro ? function_by_macro(call) : std::string(call.name);
}

/// The first name before `=`, `[`, `,` or the end that is nobody's type, as of a variable.
std::string variable_name(const Head& head) {
  std::string_view name;
  int depth = 0;
  for (std::size_t i = 0; i < head.size(); ++i) {
    const std::string_view text = head[i].text;
    if (depth == 0 && (text == "=" || text == "[" || text == "," || text == ";" || text == ":")) break;
    if (text == "(") {
      // "(*name)(arguments)"
      if (depth == 0 && i + 2 < head.size() && head[i + 1].text == "*" && is_name(head[i + 2].text))
        return std::string(head[i + 2].text);
      ++depth;
    }
    if (text == ")") --depth;
    const bool attribute = is_attribute(text) || text.starts_with("____cacheline") ||
                           text.starts_with("__ro_after") || text.starts_with("__read_mostly") ||
                           text.starts_with("__init") || text.starts_with("__maybe_unused") ||
                           text.starts_with("__used") || text.starts_with("__percpu");
    if (depth == 0 && is_name(text) && !attribute) name = text;
  }
  return std::string(name);
}

/// "foo" of `struct foo`, `struct __packed foo`; empty for one without a tag.
std::string tag_name(const Head& head) {
  std::string name;
  bool behind_keyword = false;
  int depth = 0;
  for (const Token& token : head) {
    if (token.text == "(") ++depth;
    if (token.text == ")") --depth;
    if (depth > 0) continue;
    if (is_tag_keyword(token.text)) {
      behind_keyword = true;
      continue;
    }
    const bool attribute = is_attribute(token.text) || token.text.starts_with("__packed") ||
                           token.text.starts_with("__randomize") || token.text.starts_with("____cacheline");
    if (behind_keyword && name.empty() && is_name(token.text) && !attribute) name = token.text;
  }
  return name;
}

class Outliner {
 public:
  Outliner(std::string_view text, OutlineOf extent) : scanner_(text), is_part_(extent == OutlineOf::kPart) {}

  std::vector<OutlineItem> run() {
    while (const auto token = scanner_.next()) {
      last_line_ = token->last_line;
      if (token->text.starts_with('#') && token->text.size() > 1)
        directive(*token);
      else
        take(*token);
    }
    is_open_ = braces_ > 0;
    if (is_open_ && shape_) finish(last_line_);
    std::ranges::stable_sort(items_, {}, &OutlineItem::first_line);
    return std::move(items_);
  }

  /// All that was opened was closed.
  bool balanced() const { return !is_open_ && !underflow_; }

 private:
  enum class Shape : std::uint8_t { kFunction, kType, kVariable };

  struct Alternative {
    int braces = 0;
    int parentheses = 0;
    std::optional<std::pair<int, int>> first_end{};  ///< of the first branch
  };

  void directive(const Token& token) {
    std::string_view word = token.text.substr(1);
    word.remove_prefix(std::min(word.find_first_not_of(" \t"), word.size()));
    std::string_view rest = word;
    word = word.substr(0, static_cast<std::size_t>(std::ranges::find_if_not(word, is_word) - word.begin()));
    rest.remove_prefix(word.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    if (word == "if" || word == "ifdef" || word == "ifndef") {
      alternatives_.push_back({.braces = braces_, .parentheses = parentheses_, .first_end = {}});
    } else if (word == "else" || word == "elif") {
      if (alternatives_.empty()) return;
      Alternative& now = alternatives_.back();
      if (!now.first_end) now.first_end = {braces_, parentheses_};
      set_depth(now.braces, now.parentheses);
    } else if (word == "endif") {
      if (alternatives_.empty()) return;
      if (const auto end = alternatives_.back().first_end) set_depth(end->first, end->second);
      alternatives_.pop_back();
    } else if (word == "define") {
      const auto name =
          rest.substr(0, static_cast<std::size_t>(std::ranges::find_if_not(rest, is_word) - rest.begin()));
      if (!name.empty())
        items_.push_back({.kind = CodeItemKind::kMacro,
                          .name = std::string(name),
                          .first_line = token.line,
                          .last_line = token.last_line,
                          .defined = true});
    }
  }

  /// An item that began in one alternative and is not begun in the other has no body there.
  void set_depth(int braces, int parentheses) {
    braces_ = shape_ ? braces : 0;
    parentheses_ = head_.empty() ? 0 : parentheses;
  }

  void take(const Token& token) {
    if (is_part_ && token.at_margin) find_the_way_again(token);
    // What is above may be the rest of a function.
    if (is_part_ && !token.at_margin && head_.empty() && !shape_) return;
    if (braces_ == 0 && parentheses_ == 0 && begins_anew(token)) {
      declare(head_.back().last_line);
      head_.clear();
    }
    const std::string_view text = token.text;
    if (text == "{") {
      if (braces_ == 0 && !shape_) open(token);
      ++braces_;
      return;
    }
    if (text == "}") {
      if (braces_ == 0) {
        underflow_ = underflow_ || !is_part_;
        if (!shape_) head_.clear();
        return;
      }
      if (--braces_ == 0 && shape_ == Shape::kFunction) finish(token.line);
      return;
    }
    if (braces_ > 0) {
      if (shape_ == Shape::kType && first_inside_.empty() && is_name(text)) first_inside_ = text;
      if (is_part_) recent(token);
      return;
    }
    if (text == ";" && parentheses_ == 0) {
      if (shape_)
        finish(token.line);
      else if (!head_.empty())
        declare(token.line);
      head_.clear();
      return;
    }
    if (shape_) {
      if (shape_ == Shape::kType) behind_.push_back(token);
      return;
    }
    if (text == "(") ++parentheses_;
    if (text == ")" && parentheses_ > 0) --parentheses_;
    head_.push_back(token);
  }

  /// A macro's call without a semicolon is complete when something else begins in the first column.
  bool begins_anew(const Token& token) const {
    if (shape_ || head_.empty() || !token.at_margin || !is_name(token.text)) return false;
    if (head_.back().text != ")" || token.text.starts_with("__")) return false;
    if (head_.size() > kMostToSearch) return false;  // each line would be searched for again
    return call_in(head_).has_value();
  }

  void open(const Token& token) {
    const auto has = [&](std::string_view text) {
      int depth = 0;
      return std::ranges::any_of(head_, [&](const Token& one) {
        if (one.text == "(") ++depth;
        if (one.text == ")") --depth;
        return depth == 0 && one.text == text;
      });
    };
    if (head_.empty()) head_.push_back(token);
    const auto call = call_in(head_);
    const bool tagged = std::ranges::any_of(head_, [](const Token& one) { return is_tag_keyword(one.text); });
    shape_ = Shape::kVariable;
    if (!has("=") && call)
      shape_ = Shape::kFunction;
    else if (!has("=") && tagged)
      shape_ = Shape::kType;
    first_inside_ = {};
    behind_.clear();
    recent_.clear();  // of another one's text
  }

  void finish(std::uint32_t last_line) {
    OutlineItem item{.first_line = head_.empty() ? last_line : head_.front().line, .last_line = last_line};
    if (shape_ == Shape::kFunction) {
      const auto call = call_in(head_);
      item.kind = CodeItemKind::kFunction;
      if (call) item.name = function_name(*call);
    } else if (shape_ == Shape::kType) {
      item.kind = CodeItemKind::kType;
      const bool is_typedef =
          std::ranges::any_of(head_, [](const Token& one) { return one.text == "typedef"; });
      item.name = tag_name(head_);
      if (is_typedef || item.name.empty()) {
        const std::string called = variable_name(behind_);
        if (!called.empty()) item.name = called;
      }
      // An enumeration without any name is known by its first value.
      if (item.name.empty()) item.name = first_inside_;
    } else {
      item.kind = CodeItemKind::kVariable;
      item.name = variable_name(head_);
    }
    if (!item.name.empty()) items_.push_back(std::move(item));
    shape_.reset();
    head_.clear();
    braces_ = 0;
    parentheses_ = 0;
  }

  /// An item without braces: a variable, a prototype, a macro's call.
  void declare(std::uint32_t last_line) {
    const bool assigned = std::ranges::any_of(head_, [](const Token& one) { return one.text == "="; });
    const auto call = call_in(head_);
    const bool is_extern = head_.front().text == "extern";
    OutlineItem item{.first_line = head_.front().line, .last_line = last_line, .defined = !is_extern};
    if (call && !assigned) {
      const bool macro = is_in_capitals(call->name) || !call->has_type;
      item.kind = macro ? CodeItemKind::kVariable : CodeItemKind::kFunction;
      item.name = macro && !call->argument.empty() ? call->argument : call->name;
      item.defined = macro && !call->name.starts_with("EXPORT_");
    } else {
      item.kind = head_.front().text == "typedef" ? CodeItemKind::kType : CodeItemKind::kVariable;
      item.name = variable_name(head_);
      // "struct foo;" says only that there is one.
      if (head_.size() == 2 && is_tag_keyword(head_.front().text)) item.defined = false;
    }
    if (!item.name.empty()) items_.push_back(std::move(item));
    parentheses_ = 0;
  }

  /// In the kernel, what stands in the first column of a function's text is its end, a label, or another
  /// function.
  void find_the_way_again(const Token& token) {
    if (token.text == "}" && braces_ > 1) braces_ = 1;
    if (token.text != "{" || braces_ == 0) return;
    // A new one's body: its head was taken for statements.
    const auto begin =
        std::ranges::find_if(recent_, [](const Token& one) { return one.at_margin && is_name(one.text); });
    if (begin == recent_.end()) return;
    Head head(begin, recent_.end());
    if (!call_in(head)) return;
    finish(head.front().line > 1 ? head.front().line - 1 : 1);
    head_ = std::move(head);
    recent_.clear();
  }

  /// What may turn out to be a function's head.
  void recent(const Token& token) {
    if (token.text == ";" || token.text == ":") {
      recent_.clear();
      return;
    }
    if (recent_.size() < kLongestHead) recent_.push_back(token);
  }

  static constexpr std::size_t kLongestHead = 400;
  static constexpr std::size_t kMostToSearch = 4096;

  Scanner scanner_;
  bool is_part_;
  bool is_open_ = false;    ///< at the end
  bool underflow_ = false;  ///< more was closed than opened
  std::vector<OutlineItem> items_;
  std::vector<Alternative> alternatives_;
  Head head_;    ///< of the item under way, up to its brace
  Head behind_;  ///< of a type, what follows its last brace
  Head recent_;
  std::string_view first_inside_;
  std::optional<Shape> shape_;  ///< of an item whose brace was seen
  int braces_ = 0;
  int parentheses_ = 0;
  std::uint32_t last_line_ = 1;
};

}  // namespace

std::vector<OutlineItem> outline_of_c(std::string_view text, OutlineOf extent) {
  Outliner outliner(text, extent);
  auto items = outliner.run();
  // Where braces do not match, as alternatives can be written, the first column tells.
  if (extent == OutlineOf::kFile && !outliner.balanced()) return Outliner(text, OutlineOf::kPart).run();
  return items;
}

std::vector<OutlineItem> outline_of_assembly(std::string_view text) {
  std::vector<OutlineItem> items;
  std::optional<OutlineItem> open;
  std::uint32_t number = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    ++number;
    const Tokens tokens = tokens_of(line);
    if (tokens.size() < 3 || tokens[1] != "(") continue;
    const std::string_view word = tokens[0];
    const bool is_symbol = word.starts_with("SYM_");
    const bool starts = (is_symbol && word.find("_START") != word.npos) || word == "ENTRY" || word == "WEAK";
    const bool ends = (is_symbol && word.ends_with("_END")) || word == "END" || word == "ENDPROC";
    if (starts) {
      if (open) items.push_back(*open);
      open = OutlineItem{.name = std::string(tokens[2]), .first_line = number, .last_line = number};
    } else if (ends && open) {
      open->last_line = number;
      items.push_back(*open);
      open.reset();
    }
  }
  if (open) items.push_back(*open);
  return items;
}

std::vector<OutlineItem> outline_of(std::string_view path, std::string_view text, OutlineOf extent) {
  if (path.ends_with(".c") || path.ends_with(".h")) return outline_of_c(text, extent);
  if (path.ends_with(".S")) return outline_of_assembly(text);
  return {};
}

const OutlineItem* item_at(const std::vector<OutlineItem>& outline, std::uint32_t line) {
  auto after = std::ranges::upper_bound(outline, line, {}, &OutlineItem::first_line);
  while (after != outline.begin()) {
    const OutlineItem& item = *--after;
    if (line <= item.last_line) return &item;
    // Only macros lie within others: what holds the line would not begin before such a neighbour.
    if (item.kind != CodeItemKind::kMacro) return nullptr;
  }
  return nullptr;
}

}  // namespace suture
