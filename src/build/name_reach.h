// SPDX-License-Identifier: Apache-2.0
//
// Which units can name some names, themselves or through macros and inline functions of headers.
//
// For asking the preprocessor about hundreds of units instead of thousands. Sources are read as text: a macro
// that puts a name together with ## is not seen.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "build/include_graph.h"

namespace suture {

using Names = std::set<std::string, std::less<>>;

/// Names in a header by which others come to one of `names`: macros and functions that name one. `elsewhere`:
/// something else does, so whoever includes the header may.
struct HeaderNames {
  Names added;
  bool elsewhere = false;
};
HeaderNames names_leading_to(const Names& names, std::string_view header);

/// Of `units`, those which can name one; sorted as they were. Nothing when too many names lead there.
Result<std::optional<std::vector<std::string>>> units_that_name(const std::filesystem::path& tree,
                                                                const IncludeGraph& graph, Names names,
                                                                const std::vector<std::string>& units);

}  // namespace suture
