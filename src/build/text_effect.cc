// SPDX-License-Identifier: Apache-2.0
#include "build/text_effect.h"

#include <algorithm>
#include <array>
#include <deque>
#include <set>
#include <unordered_set>

#include "build/c_declarations.h"
#include "build/sequence_diff.h"

namespace suture {
namespace {

/// Nearly every question is answered with no: by first letter and length.
class Names {
 public:
  Names() = default;
  Names(std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) insert(name);
  }
  void insert(std::string_view name) {
    names_.insert(name);
    lengths_[first(name)] |= length(name);
  }
  template <typename Iterator>
  void insert(Iterator begin, Iterator end) {
    for (; begin != end; ++begin) insert(*begin);
  }
  bool contains(std::string_view name) const {
    return (lengths_[first(name)] & length(name)) != 0 && names_.contains(name);
  }
  bool empty() const { return names_.empty(); }

 private:
  static std::uint8_t first(std::string_view name) {
    return name.empty() ? 0 : static_cast<std::uint8_t>(name[0]);
  }
  static std::uint64_t length(std::string_view name) { return std::uint64_t{1} << (name.size() % 64); }

  std::unordered_set<std::string_view> names_;
  std::array<std::uint64_t, 256> lengths_{};
};

using Tokens = std::span<const Token>;

bool is_name(const Token& token) {
  return token.kind == Token::Kind::kName;
}

/// What asks the compiler for its place, which is not a matter of tokens.
bool asks_for_its_place(const Token& token) {
  return token.text == "__builtin_LINE" || token.text == "__builtin_FILE" ||
         token.text == "__builtin_COLUMN" || token.text == "__COUNTER__";
}

bool names_symbols_by_strings(const Token& token) {
  static const Names kWords{"asm",   "__asm__",   "__asm",   "alias",      "__alias__",
                            "ifunc", "__ifunc__", "weakref", "__weakref__"};
  return kWords.contains(token.text);
}

std::string_view text_of(Tokens tokens) {
  return {tokens.front().text.data(), tokens.back().text.data() + tokens.back().text.size()};
}

std::string_view text_up_to(std::string_view text, Tokens tokens) {
  return text.substr(0, static_cast<std::size_t>(text_of(tokens).end() - text.begin()));
}

bool is_type_of(const Token& token) {
  return token.text == "typeof" || token.text == "__typeof__" || token.text == "__typeof" ||
         token.text == "__auto_type";
}

/// A structure whose members are told apart by rule 4.
struct ByMember {
  const CDeclaration* before = nullptr;
  const CDeclaration* after = nullptr;
  std::set<std::string> touched;  ///< members
};

class Comparison {
 public:
  Comparison(std::string_view before, std::string_view after, const CompareLayouts& layouts)
      : before_text_(before),
        after_text_(after),
        layouts_(layouts),
        before_tokens_(cut_tokens(before)),
        after_tokens_(cut_tokens(after)) {}

  TextEffect run() {
    const bool has_place = std::ranges::any_of(before_tokens_, asks_for_its_place) ||
                           std::ranges::any_of(after_tokens_, asks_for_its_place);
    if (has_place) return TextEffect::kPossible;
    if (before_tokens_ == after_tokens_) return TextEffect::kNone;
    cut();
    if (!take_up_changes()) return TextEffect::kPossible;
    return spreads_to_code() ? TextEffect::kPossible : TextEffect::kUnused;
  }

 private:
  void cut() {
    before_ = cut_declarations(before_tokens_);
    after_ = cut_declarations(after_tokens_);
    const CommonParts parts = common_parts(before_.size(), after_.size(), [&](std::size_t i, std::size_t j) {
      return std::ranges::equal(before_[i].tokens, after_[j].tokens);
    });
    // Only what differs is read now; of the rest, only what is touched will be.
    const auto read = [&](const CDeclarationText& text) {
      return &differing_.emplace_back(read_declaration(text));
    };
    for (std::size_t i = 0; i < before_.size(); ++i) {
      if (!parts.before[i]) removed_.push_back(read(before_[i]));
    }
    for (std::size_t i = 0; i < after_.size(); ++i) {
      if (parts.after[i])
        common_.push_back(after_[i]);
      else
        added_.push_back(read(after_[i]));
    }
  }

  /// Rules 1, 2 and 4. False when the unit may change by that alone.
  bool take_up_changes() {
    for (const auto* side : {&removed_, &added_}) {
      if (std::ranges::any_of(*side, &CDeclaration::makes_code)) return false;
    }
    std::vector<const CDeclaration*> whole;
    for (const CDeclaration* old : removed_) {
      const CDeclaration* now = old->tag.empty() ? nullptr : defined_in(added_, old->tag);
      if (now != nullptr && by_member(*old, *now)) continue;
      whole.push_back(old);
    }
    for (const CDeclaration* now : added_) {
      if (now->tag.empty() || std::ranges::find(by_member_, now, &ByMember::after) == by_member_.end())
        whole.push_back(now);
    }
    for (const CDeclaration* declaration : whole) touch(*declaration);
    for (const ByMember& structure : by_member_) {
      touched_.insert(structure.touched.begin(), structure.touched.end());
      value_tags_.insert(structure.after->tag);
    }
    return true;
  }

  static const CDeclaration* defined_in(const std::vector<const CDeclaration*>& side, std::string_view tag) {
    const auto found = std::ranges::find(side, tag, &CDeclaration::tag);
    return found == side.end() ? nullptr : *found;
  }

  void touch(const CDeclaration& declaration) {
    touched_.insert(declaration.introduces.begin(), declaration.introduces.end());
  }

  bool by_member(const CDeclaration& old, const CDeclaration& now) {
    // Attributes and the like around the braces are the same?
    const auto front = [](const CDeclaration& of) {
      return of.tokens.first(static_cast<std::size_t>(of.body.data() - of.tokens.data()));
    };
    const auto back = [&](const CDeclaration& of) {
      return of.tokens.subspan(front(of).size() + of.body.size());
    };
    if (!std::ranges::equal(front(old), front(now)) || !std::ranges::equal(back(old), back(now)))
      return false;
    ByMember structure{.before = &old, .after = &now, .touched = {}};
    const std::vector<CMember> was = cut_members(old.body);
    const std::vector<CMember> is = cut_members(now.body);
    const CommonParts parts = common_parts(was.size(), is.size(), [&](std::size_t i, std::size_t j) {
      return std::ranges::equal(was[i].tokens, is[j].tokens);
    });
    bool bit_fields = false;
    const auto take_differing = [&](const std::vector<CMember>& members, const std::vector<bool>& common) {
      for (std::size_t i = 0; i < members.size(); ++i) {
        if (common[i]) continue;
        if (!members[i].understood) return false;
        bit_fields = bit_fields || members[i].bit_field;
        structure.touched.insert(members[i].introduces.begin(), members[i].introduces.end());
      }
      return true;
    };
    if (!take_differing(was, parts.before) || !take_differing(is, parts.after)) return false;
    const std::optional<LayoutChange> layout =
        layouts_({.type = std::string(old.tokens[0].text) + " " + std::string(old.tag),
                  .text_before = text_up_to(before_text_, old.tokens),
                  .text_after = text_up_to(after_text_, now.tokens),
                  .before = text_of(old.tokens),
                  .after = text_of(now.tokens)});
    if (!layout) return false;
    structure.touched.insert(layout->moved.begin(), layout->moved.end());
    if (bit_fields) structure.touched.insert(layout->bit_fields.begin(), layout->bit_fields.end());
    by_member_.push_back(std::move(structure));
    return true;
  }

  bool is_touched(std::string_view name) const { return touched_.contains(name); }

  /// Rule 3.
  bool spreads_to_code() {
    enum class State : std::uint8_t { kUntouched, kHoldsValue, kTouched };
    std::vector<State> states(common_.size(), State::kUntouched);
    for (bool more = true; more;) {
      more = false;
      for (std::size_t i = 0; i < common_.size(); ++i) {
        if (states[i] == State::kTouched) continue;
        const bool named = names_touched(common_[i].tokens);
        const bool value = states[i] == State::kUntouched && holds_value(common_[i].tokens);
        if (!named && !value) continue;
        const CDeclaration declaration = read_declaration(common_[i]);
        bool touched = named && speaks_of_touched(declaration);
        if (!touched && value) {
          // A type with such a structure in it is one itself; what else has one is touched.
          touched = declaration.tags.empty() && declaration.typedefs.empty();
          value_tags_.insert(declaration.tags.begin(), declaration.tags.end());
          value_typedefs_.insert(declaration.typedefs.begin(), declaration.typedefs.end());
          states[i] = State::kHoldsValue;
          more = true;
        }
        if (!touched) continue;
        if (declaration.makes_code) return true;
        touch(declaration);
        states[i] = State::kTouched;
        more = true;
      }
      more = whole_after_all() || more;
    }
    return false;
  }

  bool speaks_of_touched(const CDeclaration& declaration) const {
    if (declaration.makes_code || declaration.is_function) return names_touched(declaration.tokens);
    return std::ranges::any_of(declaration.speaks_of,
                               [&](std::string_view name) { return is_touched(name); });
  }

  bool names_touched(Tokens tokens) const {
    bool assembler = false;
    for (const Token& token : tokens) {
      if (!is_name(token)) continue;
      if (is_touched(token.text)) return true;
      assembler = assembler || names_symbols_by_strings(token);
    }
    return assembler &&
           std::ranges::any_of(tokens, [&](const Token& token) { return quotes_touched(token); });
  }

  /// "call do_it"
  bool quotes_touched(const Token& token) const {
    if (token.kind != Token::Kind::kLiteral || !token.text.ends_with('"')) return false;
    const std::vector<Token> words = cut_tokens(token.text.substr(1, token.text.size() - 2));
    return std::ranges::any_of(words, [&](const Token& word) { return is_touched(word.text); });
  }

  /// Structures told apart by members which turn out to speak of something touched.
  bool whole_after_all() {
    const auto wrong = [&](const ByMember& structure) {
      return std::ranges::any_of(std::vector{structure.before, structure.after},
                                 [&](const CDeclaration* side) { return speaks_of_touched(*side); });
    };
    bool any = false;
    for (auto structure = by_member_.begin(); structure != by_member_.end();) {
      if (!wrong(*structure)) {
        ++structure;
        continue;
      }
      touch(*structure->before);
      touch(*structure->after);
      wholes_.push_back(std::move(*structure));
      structure = by_member_.erase(structure);
      any = true;
    }
    return any;
  }

  /// An object of a structure that is told apart by members, or a value in braces whose type is not named.
  bool holds_value(Tokens tokens) const {
    if (value_tags_.empty()) return false;
    for (std::size_t at = 0; at < tokens.size(); ++at) {
      if (!is_name(tokens[at])) continue;
      if (is_type_of(tokens[at]) && value_in_braces(tokens, at)) return true;
      const bool tagged = at > 0 && (tokens[at - 1].is("struct") || tokens[at - 1].is("union"));
      if ((tagged ? value_tags_ : value_typedefs_).contains(tokens[at].text) && is_value(tokens, at, tagged))
        return true;
    }
    return false;
  }

  static bool is_qualifier(const Token& token) {
    return token.text == "const" || token.text == "volatile" || token.text == "restrict";
  }

  /// Is the type at `at` followed by anything but a star, and not asked for its size?
  static bool is_value(Tokens tokens, std::size_t at, bool tagged) {
    std::size_t next = at + 1;
    while (next < tokens.size() && is_qualifier(tokens[next])) ++next;
    if (next >= tokens.size() || tokens[next].is("*")) return false;
    // "struct task_struct;"
    if (tagged && at == 1 && next + 1 == tokens.size()) return false;
    const std::size_t start = tagged ? at - 1 : at;
    if (start < 2 || !tokens[start - 1].is("(")) return true;
    static const Names kAsksOnly{"sizeof", "_Alignof", "__alignof__", "__alignof", "__builtin_offsetof"};
    return !kAsksOnly.contains(tokens[start - 2].text);
  }

  /// "typeof(x) y = {", "typeof(x) y, z = {" or "(typeof(x)) {".
  static bool value_in_braces(Tokens tokens, std::size_t at) {
    const auto is = [&](std::size_t place, std::string_view mark) {
      return place < tokens.size() && tokens[place].is(mark);
    };
    if (is(++at, "(")) at = behind_parentheses(tokens, at);
    while (at < tokens.size() && (is_qualifier(tokens[at]) || is_type_of(tokens[at]))) ++at;
    bool named = false;
    for (std::size_t depth = 0; at < tokens.size(); ++at) {
      const Token& token = tokens[at];
      if (token.is("(") || token.is("[") || (token.is("{") && depth != 0)) {
        ++depth;
      } else if (depth != 0) {
        if (token.is(")") || token.is("]") || token.is("}")) --depth;
      } else if (token.is("=") && is(at + 1, "{")) {
        return true;
      } else if (token.is(")")) {
        return !named && is(at + 1, "{");
      } else if (token.is(";") || token.is("{") || token.is("}")) {
        return false;
      }
      // A pointer is no value; but the next one that is declared with it may be.
      named = named || token.is("*") || (is_name(token) && !is_qualifier(token));
    }
    return false;
  }

  static std::size_t behind_parentheses(Tokens tokens, std::size_t at) {
    std::size_t depth = 0;
    for (; at < tokens.size(); ++at) {
      if (tokens[at].is("(")) ++depth;
      if (tokens[at].is(")") && --depth == 0) return at + 1;
    }
    return at;
  }

  std::string_view before_text_;
  std::string_view after_text_;
  const CompareLayouts& layouts_;
  const std::vector<Token> before_tokens_;
  const std::vector<Token> after_tokens_;
  std::vector<CDeclarationText> before_;
  std::vector<CDeclarationText> after_;
  std::deque<CDeclaration> differing_;
  std::vector<const CDeclaration*> removed_;
  std::vector<const CDeclaration*> added_;
  std::vector<CDeclarationText> common_;  ///< of the text after
  std::vector<ByMember> by_member_;
  std::vector<ByMember> wholes_;  ///< were in by_member_; they own names in touched_
  Names touched_;
  // Types that must not occur as a value.
  Names value_tags_;
  Names value_typedefs_;
};

}  // namespace

TextEffect text_effect(std::string_view before, std::string_view after, const CompareLayouts& layouts) {
  return Comparison(before, after, layouts).run();
}

}  // namespace suture
