// SPDX-License-Identifier: Apache-2.0
//
// Words of others on a terminal: without what would move its cursor or change its title.
#pragma once

#include <string>
#include <string_view>

namespace suture::cli {

/// One line; "…" stands at the end of one that is longer than so many bytes.
std::string one_line(std::string_view text, std::size_t length = std::string::npos);
/// With its line breaks, but for those at the end.
std::string plain_text(std::string_view text);

}  // namespace suture::cli
