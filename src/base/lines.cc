// SPDX-License-Identifier: Apache-2.0
#include "base/lines.h"

#include <algorithm>

namespace suture {

std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

}  // namespace suture
