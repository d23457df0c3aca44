// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace suture {

/// One line that is typed on the terminal and not shown there, cut to `most` bytes. Nothing where there is no
/// terminal, whatever standard input is.
std::optional<std::string> ask_secret(const std::string& question, std::size_t most);

}  // namespace suture
