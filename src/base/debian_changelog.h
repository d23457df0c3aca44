// SPDX-License-Identifier: Apache-2.0
//
// The lines of a changelog as in deb-changelog(5) that tell its entries apart.
#pragma once

#include <optional>
#include <string_view>

namespace suture {

struct DebianChangelogHead {
  std::string_view package{};
  std::string_view version{};
  std::string_view distribution{};  ///< the first of several: "bookworm-security"
};

/// "linux (6.1.170-2) bookworm-security; urgency=high". Nothing for any other line.
std::optional<DebianChangelogHead> read_debian_head(std::string_view line);

/// A name or version: letters, digits and the signs that deb-version(7) and rpm-version(7) know; at most 128.
bool is_package_word(std::string_view text);

/// Takes a line off the front of a text, without its end.
std::string_view take_line(std::string_view& text);

}  // namespace suture
