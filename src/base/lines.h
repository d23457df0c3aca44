// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace suture {

/// Takes a line off the front of a text, without its end; empty when there is none.
std::string_view take_line(std::string_view& text);

}  // namespace suture
