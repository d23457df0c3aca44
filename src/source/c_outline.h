// SPDX-License-Identifier: Apache-2.0
//
// What a C file defines, and on which lines: the way from a line of a diff to the name of a function.
//
// The text is read as it was written, before the preprocessor. Of alternatives (#if … #else) each counts as
// continuing from where the first began, so that braces which are opened twice and closed once do no harm.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace suture {

enum class CodeItemKind : std::uint8_t { kFunction, kType, kMacro, kVariable };

struct OutlineItem {
  CodeItemKind kind = CodeItemKind::kFunction;
  /// Of a system call, the function that has its code: "__do_sys_openat". Of a type, the tag or what typedef
  /// calls it. Of what a macro makes, the macro's first argument: DEFINE_MUTEX(lock) is "lock".
  std::string name{};
  std::uint32_t first_line = 0;  ///< counted from 1; comments above do not belong to it
  std::uint32_t last_line = 0;
  bool defined = true;  ///< false: only declared here
};

enum class OutlineOf : std::uint8_t {
  kFile,
  kPart,  ///< of a file, as a hunk shows it: braces may be open or closed that were not seen. Written as the
          ///< kernel is, with the last brace of everything in the first column.
};

/// In the order of their first lines. A macro may lie within another item.
std::vector<OutlineItem> outline_of_c(std::string_view text, OutlineOf extent = OutlineOf::kFile);

/// Functions between SYM_FUNC_START(f) and SYM_FUNC_END(f), and the older ENTRY(f) and END(f).
std::vector<OutlineItem> outline_of_assembly(std::string_view text);

/// By the name's end: .c and .h, .S; nothing is known of others.
std::vector<OutlineItem> outline_of(std::string_view path, std::string_view text,
                                    OutlineOf extent = OutlineOf::kFile);

/// The innermost item on the line; nullptr between them.
const OutlineItem* item_at(const std::vector<OutlineItem>& outline, std::uint32_t line);

}  // namespace suture
