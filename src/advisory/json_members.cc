// SPDX-License-Identifier: Apache-2.0
#include "advisory/json_members.h"

#include <optional>
#include <string>

namespace suture {
namespace {

class Cutter {
 public:
  explicit Cutter(std::string_view text) : text_(text) {}

  Result<void> cut(const JsonMember& member) {
    if (!take('{')) return broken("it is no object");
    bool first = true;
    while (!take('}')) {
      if (!first && !take(',')) return broken("no comma stands between two members");
      first = false;
      const auto key = string();
      if (!key) return broken("a member has no name");
      if (!take(':')) return broken("a name has no value");
      const auto value = this->value();
      if (!value) return broken("a value has no end");
      TRY(member(*key, *value));
    }
    skip_space();
    if (at_ != text_.size()) return broken("something follows the object");
    return {};
  }

 private:
  std::unexpected<Error> broken(const std::string& why) const {
    return fail("json.malformed", "read JSON", "byte " + std::to_string(at_) + ": " + why);
  }

  void skip_space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }

  bool take(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  /// Behind the quote that ends the string that begins at `at_`; false when none does.
  bool skip_string() {
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\') {
        ++at_;
      } else if (text_[at_] == '"') {
        ++at_;
        return true;
      }
    }
    return false;
  }

  std::optional<std::string_view> string() {
    skip_space();
    const std::size_t start = at_;
    if (at_ >= text_.size() || text_[at_] != '"' || !skip_string()) return std::nullopt;
    return text_.substr(start + 1, at_ - start - 2);
  }

  /// Up to the comma or bracket behind it. What is in there, its own reader will see.
  std::optional<std::string_view> value() {
    skip_space();
    const std::size_t start = at_;
    std::size_t depth = 0;
    while (at_ < text_.size()) {
      switch (text_[at_]) {
        case '"':
          if (!skip_string()) return std::nullopt;
          continue;
        case '{':
        case '[':
          ++depth;
          break;
        case '}':
        case ']':
          if (depth == 0) return trimmed(start);
          --depth;
          break;
        case ',':
          if (depth == 0) return trimmed(start);
          break;
        default:
          break;
      }
      ++at_;
    }
    return std::nullopt;
  }

  std::optional<std::string_view> trimmed(std::size_t start) const {
    const std::string_view value = text_.substr(start, at_ - start);
    return value.substr(0, value.find_last_not_of(" \t\r\n") + 1);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<void> each_json_member(std::string_view text, const JsonMember& member) {
  return Cutter(text).cut(member);
}

}  // namespace suture
