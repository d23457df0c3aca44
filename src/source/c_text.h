// SPDX-License-Identifier: Apache-2.0
//
// C as text: tokens, and the declarations and definitions at the outermost level. For finding out what names
// what; nothing is understood beyond that.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace suture {

/// Of C, without comments and preprocessor lines but for pragmas, which are one token each, as are strings
/// and characters.
using Tokens = std::vector<std::string_view>;

Tokens tokens_of(std::string_view text);
/// A letter or digit, as names have them.
bool is_word(char c);

/// The declarations and definitions at the outermost level of text without comments, without preprocessor
/// lines and with single spaces between tokens.
std::vector<std::string> top_level_items(std::string_view text);

/// The function that an item declares or defines, when that is all that it does and nobody need have it: a
/// static inline function, or a plain declaration; empty for anything else.
std::string dispensable_function(const std::string& item);
/// The function that an item defines, however it does that; empty for anything else.
std::string defined_function(const std::string& item);
/// "task_struct" for the definition of that structure, which declares nothing else; empty for anything else.
std::string defined_struct(const std::string& item);

/// With each comment replaced by a space, and lines that end in a backslash joined with the next.
std::string without_comments(std::string_view text);

/// Of text without comments: its lines that are for the preprocessor, in order, but for those that number
/// lines.
std::vector<std::string_view> preprocessor_lines(std::string_view text);

}  // namespace suture
