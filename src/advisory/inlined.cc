// SPDX-License-Identifier: Apache-2.0
#include "advisory/inlined.h"

#include <algorithm>
#include <array>
#include <set>

namespace suture {
namespace {

/// Names of the entries of a system call whose body is called "__do_sys_openat": of the kernel's
/// architectures, in the order in which wrappers call each other.
std::vector<std::string> system_call_entries(std::string_view body) {
  constexpr std::string_view kBody = "__do_";
  if (!body.starts_with("__do_sys_") && !body.starts_with("__do_compat_sys_")) return {};
  body.remove_prefix(kBody.size());
  std::vector<std::string> entries;
  for (const std::string_view prefix :
       {"__se_", "__x64_", "__ia32_", "__arm64_", "__powerpc_", "__s390x_", "__riscv_", ""}) {
    entries.push_back(std::string(prefix) + std::string(body));
  }
  return entries;
}

class Callers {
 public:
  Callers(const SourceText& text, const std::function<bool(const std::string&)>& has_symbol,
          const std::function<bool(std::uint32_t)>& is_left_out)
      : text_(text), has_symbol_(has_symbol), is_left_out_(is_left_out) {}

  std::vector<std::string> holding(const std::string& function) {
    follow(function);
    return {found_.begin(), found_.end()};
  }

 private:
  void follow(const std::string& name) {
    if (!seen_.insert(name).second) return;
    for (const std::string& entry : system_call_entries(name)) {
      if (has_symbol_(entry)) found_.insert(entry);
    }
    const std::vector<SourceToken>& tokens = text_.tokens();
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
      if (tokens[i].text != name || tokens[i + 1].text != "(") continue;
      const OutlineItem* caller = text_.at(tokens[i].line);
      if (caller == nullptr || caller->name == name || is_left_out_(tokens[i].line)) continue;
      if (caller->kind == CodeItemKind::kMacro) {
        follow(caller->name);
      } else if (caller->kind == CodeItemKind::kFunction) {
        if (has_symbol_(caller->name)) {
          found_.insert(caller->name);
        } else {
          follow(caller->name);
        }
      }
    }
  }

  const SourceText& text_;
  const std::function<bool(const std::string&)>& has_symbol_;
  const std::function<bool(std::uint32_t)>& is_left_out_;
  std::set<std::string> seen_;
  std::set<std::string> found_;
};

}  // namespace

std::vector<std::string> inlined_into(const SourceText& text, const std::string& function,
                                      const std::function<bool(const std::string&)>& has_symbol,
                                      const std::function<bool(std::uint32_t)>& is_left_out) {
  return Callers(text, has_symbol, is_left_out).holding(function);
}

}  // namespace suture
