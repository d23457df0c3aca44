// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace suture {

/// Words of a shell command without expansions: quotes and backslashes are undone; an unquoted ";" is a word.
/// "build.command-line" for an open quote.
Result<std::vector<std::string>> split_command_line(std::string_view text);

/// The files behind the colon of a make rule, as gcc -MMD writes it.
std::vector<std::string> dependencies_of(std::string_view rule);

}  // namespace suture
