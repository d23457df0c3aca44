// SPDX-License-Identifier: Apache-2.0
#include "advisory/config_condition.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "advisory/source_text.h"

namespace suture {
namespace {

using Maybe = std::optional<bool>;

Maybe negated(Maybe value) {
  return value ? Maybe(!*value) : value;
}
Maybe both(Maybe a, Maybe b) {
  if (a == false || b == false) return false;
  return a && b ? Maybe(true) : std::nullopt;
}
Maybe either(Maybe a, Maybe b) {
  return negated(both(negated(a), negated(b)));
}

/// Descends as C's precedence does. A comparison, or anything else beyond and, or, not, makes the whole
/// unknown.
class Reader {
 public:
  Reader(std::vector<SourceToken> tokens, const KernelConfig& config)
      : tokens_(std::move(tokens)), config_(config) {}

  Maybe read() {
    const Maybe value = any();
    return broken_ || at_ != tokens_.size() ? std::nullopt : value;
  }

 private:
  static constexpr int kDeepest = 64;

  std::string_view next() const { return at_ < tokens_.size() ? std::string_view(tokens_[at_].text) : ""; }
  bool take(std::string_view text) {
    if (next() != text) return false;
    ++at_;
    return true;
  }
  /// "&&" is two tokens.
  bool take_twice(std::string_view text) {
    if (at_ + 1 >= tokens_.size() || tokens_[at_].text != text || tokens_[at_ + 1].text != text) return false;
    at_ += 2;
    return true;
  }
  Maybe give_up() {
    broken_ = true;
    return std::nullopt;
  }

  Maybe any() {
    Maybe value = all();
    while (!broken_ && take_twice("|")) value = either(value, all());
    return value;
  }
  Maybe all() {
    Maybe value = one();
    while (!broken_ && take_twice("&")) value = both(value, one());
    return value;
  }
  Maybe one() {
    if (++depth_ > kDeepest) return give_up();
    Maybe value;
    if (take("!")) {
      value = negated(one());
    } else if (take("(")) {
      value = any();
      if (!take(")")) return give_up();
    } else {
      value = word();
    }
    --depth_;
    return value;
  }
  Maybe word() {
    const std::string name(next());
    if (name.empty() || (std::isalnum(static_cast<unsigned char>(name.front())) == 0 && name.front() != '_'))
      return give_up();
    ++at_;
    if (name == "0") return false;
    if (name == "1") return true;
    if (name == "defined") {
      const bool open = take("(");
      const std::string option(next());
      ++at_;
      if (open && !take(")")) return give_up();
      return is_option(option) ? Maybe(value_of(option) == "y") : std::nullopt;
    }
    if (name == "IS_ENABLED" || name == "IS_BUILTIN" || name == "IS_MODULE" || name == "IS_REACHABLE") {
      if (!take("(")) return give_up();
      const std::string option(next());
      ++at_;
      if (!take(")")) return give_up();
      const std::string value = value_of(option);
      if (!is_option(option)) return std::nullopt;
      if (name == "IS_BUILTIN") return value == "y";
      if (name == "IS_MODULE") return value == "m";
      // A module is reachable from modules only.
      if (name == "IS_REACHABLE" && value == "m") return std::nullopt;
      return value == "y" || value == "m";
    }
    return std::nullopt;
  }

  static bool is_option(std::string_view name) { return name.starts_with("CONFIG_"); }
  /// CONFIG_X_MODULE is defined where CONFIG_X is a module; one with a number or text is defined, too.
  std::string value_of(const std::string& option) const {
    constexpr std::string_view kModule = "_MODULE";
    const auto found = config_.find(option);
    if (found != config_.end()) return found->second == "m" ? "m" : "y";
    if (!option.ends_with(kModule)) return {};
    const auto of = config_.find(std::string_view(option).substr(0, option.size() - kModule.size()));
    return of != config_.end() && of->second == "m" ? "y" : "";
  }

  std::vector<SourceToken> tokens_;
  const KernelConfig& config_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool broken_ = false;
};

}  // namespace

KernelConfig parse_kernel_config(std::string_view text) {
  KernelConfig config;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = line.find('=');
    if (line.starts_with("CONFIG_") && equals != std::string_view::npos && line.substr(equals + 1) != "n")
      config.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return config;
}

std::optional<bool> holds(std::string_view condition, const KernelConfig& config) {
  return Reader(source_tokens(condition), config).read();
}

}  // namespace suture
