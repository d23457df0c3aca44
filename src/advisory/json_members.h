// SPDX-License-Identifier: Apache-2.0
//
// Cuts a JSON object into its members without reading them. Debian's tracker is one object of eighty
// megabytes: cut twice, what has to be parsed at once is a kilobyte, and what is broken in there breaks
// nothing else.
#pragma once

#include <functional>
#include <string_view>

#include "base/error.h"

namespace suture {

/// As it stands in the text, between its quotes, escapes and all.
using JsonMember = std::function<Result<void>(std::string_view key, std::string_view value)>;

/// Members in their order. "json.malformed" where the text is no object, or ends within; what was passed on
/// before stays so. Other errors are the callback's.
Result<void> each_json_member(std::string_view text, const JsonMember& member);

}  // namespace suture
