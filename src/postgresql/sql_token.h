// SPDX-License-Identifier: Apache-2.0
//
// SQL as words: just so much as is needed to say the same in another dialect.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace suture::postgresql {

struct SqlToken {
  enum class Kind {
    kWord,       ///< a name or a keyword
    kNumber,     ///< whole
    kText,       ///< in quotation marks, with them
    kParameter,  ///< ?7: `text` is the number alone
    kSign,       ///< one character, or one of <> <= >= != ||
  };
  Kind kind{};
  std::string_view text{};
  std::string_view before{};  ///< white space and comments in front of it

  /// Keywords know no case.
  bool is(std::string_view keyword) const;
};

/// "store.dialect" for what is longer than a statement of ours, or no word of it. Tokens point into `sql`.
Result<std::vector<SqlToken>> sql_tokens(std::string_view sql);

}  // namespace suture::postgresql
