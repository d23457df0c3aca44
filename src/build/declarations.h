// SPDX-License-Identifier: Apache-2.0
//
// What an author declares in a fix's text, above the diff, because it cannot be told from the diff that it
// was thought of:
//
//   Suture-Update-Data: tcp_table            this variable's initial value changes; write it into the running
//   one Suture-Accept-Layout: struct task_struct  this type's layout changes, and the fix copes with it
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace suture {

struct Declarations {
  std::vector<std::string> updated_data;      ///< names of variables, sorted, each once
  std::vector<std::string> accepted_layouts;  ///< "struct NAME", "union NAME", sorted, each once
};

/// `words`: the text before the diff. "build.fix-malformed" names the line of a declaration that is not
/// understood: one that is misspelt must not pass for text.
Result<Declarations> read_declarations(std::string_view words, const std::string& fix);

}  // namespace suture
