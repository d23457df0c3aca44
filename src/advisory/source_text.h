// SPDX-License-Identifier: Apache-2.0
//
// A file of a kernel's source as matching looks at it: tokens with their lines, since versions of one
// function differ in blanks, line breaks and comments; what is defined where; and under which conditions of
// the preprocessor a line stands.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "source/c_outline.h"

namespace suture {

struct SourceToken {
  std::string text{};
  std::uint32_t line = 0;
};

/// Of C, without comments. A string is one token.
std::vector<SourceToken> source_tokens(std::string_view text, std::uint32_t first_line = 1);
/// Of some lines out of the middle of a file, which may begin or end within a comment.
std::vector<SourceToken> tokens_of_lines(const std::vector<std::string>& lines);

class SourceText {
 public:
  /// `path`: its name tells which language it is in.
  SourceText(std::string_view path, std::string_view text);

  const std::vector<SourceToken>& tokens() const { return tokens_; }
  const std::vector<OutlineItem>& items() const { return items_; }
  /// All of that name: a function may be defined once for each side of an #ifdef.
  std::vector<const OutlineItem*> find(std::string_view name) const;
  /// The item that holds this line, or null.
  const OutlineItem* at(std::uint32_t line) const;

  /// What must hold for a line to be compiled, outermost first: "defined(CONFIG_NET)",
  /// "!(IS_ENABLED(CONFIG_IPV6))".
  std::vector<std::string> conditions_at(std::uint32_t line) const;

 private:
  struct Branch {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::string condition{};
  };
  void find_branches(std::string_view text);

  std::vector<SourceToken> tokens_;
  std::vector<OutlineItem> items_;
  std::vector<Branch> branches_;
};

}  // namespace suture
