// SPDX-License-Identifier: Apache-2.0
//
// Preprocessed C, cut into its declarations: what each of them brings into the world, and what it speaks of.
//
// This is no C parser. It knows the forms that declarations of a kernel have, and says of any other one that
// it makes code, which claims the least: nobody may conclude that such a declaration does not matter.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "build/c_tokens.h"

namespace suture {

struct CDeclaration {
  std::span<const Token> tokens;  ///< all of it, with the ';' or the function's body
  /// It may give the object code or data by itself. False for types, prototypes, `extern` variables, and for
  /// static functions, of which the compiler keeps those that something else names.
  bool makes_code = true;
  bool is_function = false;  ///< a body follows

  // The rest is told of those that make no code.
  std::vector<std::string_view> introduces;  ///< functions, variables, types, tags, members, enumerators
  /// All other names in it; of a function all names.
  std::vector<std::string_view> speaks_of;
  std::vector<std::string_view> tags;      ///< of structures and the like which are defined in it
  std::vector<std::string_view> typedefs;  ///< names that it gives to types
  std::string_view tag;         ///< of `struct TAG {…};` or the like for a union, with nothing declared
  std::span<const Token> body;  ///< then, between the braces
};

struct CDeclarationText {
  std::span<const Token> tokens;
  std::size_t body = 0;  ///< where in it a function's body begins; `tokens.size()` when there is none
};

/// In their order. What does not end, or closes what was not open, is part of the last one.
std::vector<CDeclarationText> cut_declarations(std::span<const Token> tokens);
CDeclaration read_declaration(const CDeclarationText& text);

/// One member's declaration, or several of one type: "unsigned a:1, b:1;".
struct CMember {
  std::span<const Token> tokens;
  bool understood = false;
  bool bit_field = false;                    ///< one of them is, if only an unnamed one
  std::vector<std::string_view> introduces;  ///< with those of a structure in it
};

std::vector<CMember> cut_members(std::span<const Token> body);

}  // namespace suture
