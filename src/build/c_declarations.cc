// SPDX-License-Identifier: Apache-2.0
#include "build/c_declarations.h"

#include <algorithm>
#include <unordered_set>

namespace suture {
namespace {

using Words = std::unordered_set<std::string_view>;
using Kind = Token::Kind;

const Words kStorage{"static", "extern", "typedef", "register", "__thread", "_Thread_local"};
const Words kQualifiers{"const",        "volatile",   "restrict",     "__restrict",
                        "__restrict__", "__const",    "__volatile__", "inline",
                        "__inline",     "__inline__", "_Noreturn",    "__extension__"};
const Words kBasicTypes{"void",     "char",     "short",      "int",      "long",
                        "float",    "double",   "signed",     "unsigned", "_Bool",
                        "__signed", "__int128", "__signed__", "_Complex", "__builtin_va_list"};
const Words kTypeOf{"typeof", "__typeof__", "__typeof", "_Alignas"};
const Words kOther{"return",   "if",       "else",           "while",   "for",    "do",
                   "switch",   "case",     "goto",           "break",   "sizeof", "default",
                   "continue", "_Alignof", "_Static_assert", "_Generic"};

/// Without them in effect a function that nothing names is left out. Not so those which keep one ("used",
/// "constructor"), or which make a symbol out of a prototype ("alias", "ifunc"). Plain spelling.
const Words kHarmlessAttributes{"aligned",
                                "alloc_align",
                                "alloc_size",
                                "always_inline",
                                "artificial",
                                "assume_aligned",
                                "btf_type_tag",
                                "cold",
                                "const",
                                "copy",
                                "deprecated",
                                "designated_init",
                                "error",
                                "fallthrough",
                                "flatten",
                                "format",
                                "format_arg",
                                "gnu_inline",
                                "hot",
                                "leaf",
                                "malloc",
                                "may_alias",
                                "mode",
                                "ms_abi",
                                "no_instrument_function",
                                "no_profile_instrument_function",
                                "no_sanitize",
                                "no_sanitize_address",
                                "no_sanitize_thread",
                                "no_sanitize_undefined",
                                "no_stack_protector",
                                "no_split_stack",
                                "nocf_check",
                                "noclone",
                                "noinline",
                                "noipa",
                                "nonnull",
                                "nonstring",
                                "noreturn",
                                "nothrow",
                                "optimize",
                                "packed",
                                "pure",
                                "regparm",
                                "returns_nonnull",
                                "returns_twice",
                                "section",
                                "sentinel",
                                "target",
                                "transparent_union",
                                "unused",
                                "vector_size",
                                "visibility",
                                "warn_unused_result",
                                "warning",
                                "zero_call_used_regs"};

bool is_attribute(const Token& token) {
  return token.text == "__attribute__" || token.text == "__attribute";
}
bool is_asm(const Token& token) {
  return token.text == "asm" || token.text == "__asm__" || token.text == "__asm";
}
bool is_tag_keyword(const Token& token) {
  return token.kind == Kind::kName &&
         (token.text == "struct" || token.text == "union" || token.text == "enum");
}
bool opens(const Token& token) {
  return token.is("(") || token.is("[") || token.is("{");
}
bool closes(const Token& token) {
  return token.is(")") || token.is("]") || token.is("}");
}

/// A name that a declarator may give to something.
bool is_free_name(const Token& token) {
  return token.kind == Kind::kName && !kStorage.contains(token.text) && !kQualifiers.contains(token.text) &&
         !kBasicTypes.contains(token.text) && !kTypeOf.contains(token.text) && !kOther.contains(token.text) &&
         !is_attribute(token) && !is_asm(token) && !is_tag_keyword(token);
}

/// Behind the token that closes what the one at `open` opens; the end when nothing does.
std::size_t behind_group(std::span<const Token> tokens, std::size_t open) {
  std::size_t depth = 0;
  for (std::size_t at = open; at < tokens.size(); ++at) {
    if (opens(tokens[at])) ++depth;
    if (closes(tokens[at]) && --depth == 0) return at + 1;
  }
  return tokens.size();
}

/// Reads one declaration, from left to right. Each step says whether it understood.
class Reader {
 public:
  explicit Reader(std::span<const Token> tokens) : tokens_(tokens), named_here_(tokens.size(), false) {}

  /// With its ';'.
  bool declaration() {
    if (!specifiers()) return false;
    const bool bare = at(";");
    if (bare && forward_tag_ != kNone) introduce(forward_tag_);
    while (!at(";")) {
      if (!declarator(false)) return false;
      variable_ = variable_ || !(prototype_ || is_typedef_ || (is_extern_ && !initialized_));
      if (at(",")) ++at_;
    }
    bare_ = bare;
    return at_ + 1 == tokens_.size();
  }

  /// What stands before a function's body.
  bool function_head() {
    return specifiers() && !defines_type() && declarator(false) && prototype_ && at_ == tokens_.size();
  }

  /// Without the ';'.
  bool member() {
    if (!specifiers()) return false;
    while (at_ < tokens_.size()) {
      if (!declarator(true)) return false;
      if (at(",")) ++at_;
    }
    return true;
  }

  bool is_static() const { return is_static_; }
  bool keeps_quiet() const { return harmless_ && !variable_; }
  bool bit_field() const { return bit_field_; }
  bool defines_type() const { return !tags_.empty() || outer_body_.data() != nullptr; }
  bool is_bare() const { return bare_; }
  std::string_view outer_tag() const { return outer_tag_; }
  std::span<const Token> outer_body() const { return outer_body_; }
  std::vector<std::string_view> introduced() { return std::move(introduced_); }
  std::vector<std::string_view> tags() { return std::move(tags_); }
  std::vector<std::string_view> typedefs() { return std::move(typedefs_); }
  std::vector<std::string_view> others() const {
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (tokens_[i].kind == Kind::kName && !named_here_[i]) names.push_back(tokens_[i].text);
    }
    return names;
  }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  bool at(std::string_view mark) const { return at_ < tokens_.size() && tokens_[at_].is(mark); }
  void introduce(std::size_t token) {
    named_here_[token] = true;
    introduced_.push_back(tokens_[token].text);
  }

  /// "__attribute__((aligned(8), __unused__))"
  bool attributes() {
    while (at_ < tokens_.size() && is_attribute(tokens_[at_])) {
      const std::size_t end = behind_group(tokens_, ++at_);
      if (end < at_ + 4 || !tokens_[at_].is("(") || !tokens_[at_ + 1].is("(")) return false;
      std::size_t depth = 0;
      for (; at_ < end; ++at_) {
        if (opens(tokens_[at_])) ++depth;
        if (closes(tokens_[at_])) --depth;
        if (depth == 2 && tokens_[at_].kind == Kind::kName) attribute(tokens_[at_].text);
      }
    }
    return true;
  }
  void attribute(std::string_view name) {
    if (name.size() > 4 && name.starts_with("__") && name.ends_with("__"))
      name = name.substr(2, name.size() - 4);
    harmless_ = harmless_ && kHarmlessAttributes.contains(name);
  }

  bool skip_group(std::string_view open) {
    if (!at(open)) return false;
    at_ = behind_group(tokens_, at_);
    return true;
  }

  bool specifiers() {
    bool typed = false;
    while (at_ < tokens_.size() && tokens_[at_].kind == Kind::kName) {
      const Token& token = tokens_[at_];
      if (is_attribute(token)) {
        if (!attributes()) return false;
      } else if (is_tag_keyword(token)) {
        if (typed || !tagged()) return false;
        typed = true;
      } else if (kTypeOf.contains(token.text)) {
        typed = typed || token.text != "_Alignas";
        ++at_;
        if (!skip_group("(")) return false;
      } else if (kStorage.contains(token.text) || kQualifiers.contains(token.text)) {
        is_static_ = is_static_ || token.text == "static";
        is_extern_ = is_extern_ || token.text == "extern";
        is_typedef_ = is_typedef_ || token.text == "typedef";
        ++at_;
      } else if (kBasicTypes.contains(token.text)) {
        typed = true;
        ++at_;
      } else if (!typed && is_free_name(token)) {
        typed = true;
        ++at_;
      } else {
        break;
      }
    }
    return typed;
  }

  /// "struct NAME {…}" and the like, with or without a name or braces.
  bool tagged() {
    const bool enumeration = tokens_[at_].text == "enum";
    ++at_;
    if (!attributes()) return false;
    std::size_t name = kNone;
    if (at_ < tokens_.size() && is_free_name(tokens_[at_])) name = at_++;
    if (!at("{")) {
      if (depth_ == 0) forward_tag_ = name;
      return name != kNone;
    }
    const std::size_t end = behind_group(tokens_, at_);
    if (!tokens_[end - 1].is("}")) return false;
    if (depth_ == 0) {
      outer_body_ = tokens_.subspan(at_ + 1, end - at_ - 2);
      if (name != kNone && !enumeration) outer_tag_ = tokens_[name].text;
    }
    if (name != kNone) {
      introduce(name);
      tags_.push_back(tokens_[name].text);
    }
    ++at_;
    ++depth_;
    if (depth_ > kDeepest || !(enumeration ? enumerators(end - 1) : members(end - 1))) return false;
    --depth_;
    at_ = end;
    return attributes();
  }

  bool members(std::size_t end) {
    while (at_ < end) {
      if (at(";")) {
        ++at_;
        continue;
      }
      if (!specifiers()) return false;
      while (at_ < end && !at(";")) {
        if (!declarator(true)) return false;
        if (at(",")) ++at_;
      }
      if (at_ >= end) return false;
      ++at_;
    }
    return true;
  }

  bool enumerators(std::size_t end) {
    while (at_ < end) {
      if (!is_free_name(tokens_[at_])) return false;
      introduce(at_++);
      if (!attributes()) return false;
      while (at_ < end && !at(",")) at_ = opens(tokens_[at_]) ? behind_group(tokens_, at_) : at_ + 1;
      ++at_;
    }
    return true;
  }

  /// Up to the ',' or ';' behind it, or the end.
  bool declarator(bool member) {
    prototype_ = initialized_ = false;
    const bool nested_typedef = is_typedef_ && depth_ == 0;
    std::size_t closing = 0;
    for (;; ++at_) {
      if (at_ >= tokens_.size()) return false;
      if (!attributes()) return false;
      if (at("(")) {
        ++closing;
      } else if (!at("*") && !(at_ < tokens_.size() && kQualifiers.contains(tokens_[at_].text))) {
        break;
      }
    }
    if (member && closing == 0 && at(":")) {
      // An unnamed bit-field moves those behind it.
    } else {
      if (at_ >= tokens_.size() || !is_free_name(tokens_[at_])) return false;
      if (nested_typedef) typedefs_.push_back(tokens_[at_].text);
      introduce(at_++);
      prototype_ = at("(");
    }
    for (; at_ < tokens_.size() && !at(",") && !at(";");) {
      if (at(")")) {
        if (closing-- == 0) return false;
        ++at_;
      } else if (opens(tokens_[at_]) && !at("{")) {
        at_ = behind_group(tokens_, at_);
      } else if (is_attribute(tokens_[at_])) {
        if (!attributes()) return false;
      } else if (is_asm(tokens_[at_])) {
        harmless_ = false;
        ++at_;
      } else if (member && at(":")) {
        bit_field_ = true;
        skip_expression();
      } else if (!member && at("=")) {
        initialized_ = true;
        skip_expression();
      } else {
        return false;
      }
    }
    return closing == 0;
  }

  void skip_expression() {
    while (at_ < tokens_.size() && !at(",") && !at(";") && !is_attribute(tokens_[at_]))
      at_ = opens(tokens_[at_]) ? behind_group(tokens_, at_) : at_ + 1;
  }

  static constexpr int kDeepest = 32;

  std::span<const Token> tokens_;
  std::vector<bool> named_here_;
  std::size_t at_ = 0;
  int depth_ = 0;  ///< of the structure at hand
  std::size_t forward_tag_ = kNone;
  bool is_static_ = false;
  bool is_extern_ = false;
  bool is_typedef_ = false;
  bool harmless_ = true;  ///< all attributes so far
  bool variable_ = false;
  bool prototype_ = false;    ///< the last declarator is a function's
  bool initialized_ = false;  ///< the last declarator has a value
  bool bit_field_ = false;
  bool bare_ = false;  ///< no declarator
  std::string_view outer_tag_;
  std::span<const Token> outer_body_;
  std::vector<std::string_view> introduced_;
  std::vector<std::string_view> tags_;
  std::vector<std::string_view> typedefs_;
};

/// Where the declaration at the front ends, and where in it the body of a function begins.
struct Extent {
  std::size_t size = 0;
  std::size_t body = 0;  ///< `size` when there is none
};

Extent extent_of_first(std::span<const Token> tokens) {
  if (tokens[0].kind == Kind::kDirective) return {.size = 1, .body = 1};
  bool tag = false;    // a '{' opens the body of a structure
  bool named = false;  // … whose name was seen
  bool value = false;  // a '{' opens an initial value
  for (std::size_t at = 0; at < tokens.size();) {
    const Token& token = tokens[at];
    if (token.is(";")) return {.size = at + 1, .body = at + 1};
    if (token.is("{") && !tag && !value) return {.size = behind_group(tokens, at), .body = at};
    if (is_tag_keyword(token)) {
      tag = true;
      named = false;
    } else if (token.kind == Kind::kName && !is_attribute(token)) {
      tag = tag && !named;
      named = true;
    } else if (token.is("=") || token.is(",")) {
      value = token.is("=");
    }
    if (token.is("{")) tag = false;
    at = opens(token) ? behind_group(tokens, at) : at + 1;
  }
  return {.size = tokens.size(), .body = tokens.size()};
}

}  // namespace

std::vector<CDeclarationText> cut_declarations(std::span<const Token> tokens) {
  std::vector<CDeclarationText> declarations;
  while (!tokens.empty()) {
    const Extent extent = extent_of_first(tokens);
    declarations.push_back({.tokens = tokens.first(extent.size), .body = extent.body});
    tokens = tokens.subspan(extent.size);
  }
  return declarations;
}

CDeclaration read_declaration(const CDeclarationText& text) {
  const auto& [tokens, body] = text;
  CDeclaration result{.tokens = tokens,
                      .is_function = body < tokens.size(),
                      .introduces = {},
                      .speaks_of = {},
                      .tags = {},
                      .typedefs = {},
                      .tag = {},
                      .body = {}};
  if (tokens.size() == 1 && tokens[0].is(";")) {
    result.makes_code = false;
    return result;
  }
  Reader reader(tokens.first(body));
  if (result.is_function) {
    if (!tokens.back().is("}") || !reader.function_head() || !reader.is_static() || !reader.keeps_quiet())
      return result;
    result.introduces = reader.introduced();
    for (const Token& token : tokens) {
      if (token.kind == Kind::kName) result.speaks_of.push_back(token.text);
    }
  } else {
    if (!reader.declaration() || !reader.keeps_quiet()) return result;
    result.introduces = reader.introduced();
    result.speaks_of = reader.others();
    result.tags = reader.tags();
    result.typedefs = reader.typedefs();
    if (reader.is_bare() && !reader.outer_tag().empty()) {
      result.tag = reader.outer_tag();
      result.body = reader.outer_body();
    }
  }
  result.makes_code = false;
  return result;
}

std::vector<CMember> cut_members(std::span<const Token> body) {
  std::vector<CMember> members;
  while (!body.empty()) {
    std::size_t end = 0;
    while (end < body.size() && !body[end].is(";"))
      end = opens(body[end]) ? behind_group(body, end) : end + 1;
    Reader reader(body.first(end));
    CMember member{.tokens = body.first(std::min(end + 1, body.size())), .introduces = {}};
    member.understood = end == 0 || (end < body.size() && reader.member());
    member.bit_field = reader.bit_field();
    member.introduces = reader.introduced();
    members.push_back(std::move(member));
    body = body.subspan(member.tokens.size());
  }
  return members;
}

}  // namespace suture
