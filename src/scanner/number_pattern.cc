// SPDX-License-Identifier: Apache-2.0
//
// A number is at least `least` if it has more digits; or as many, the same ones up to some place, and there a
// higher one; or if it is the same number.
#include "scanner/number_pattern.h"

#include <fmt/format.h>

namespace suture {
namespace {

std::string digits_from(char least) {
  return least == '9' ? "9" : fmt::format("[{}-9]", least);
}

std::string any_digits(std::size_t count) {
  if (count == 0) return "";
  return count == 1 ? "[0-9]" : fmt::format("[0-9]{{{}}}", count);
}

}  // namespace

std::string numbers_from(std::uint32_t least) {
  const std::string number = std::to_string(least);
  const std::size_t last = number.size() - 1;
  std::string pattern = "(" + number.substr(0, last) + digits_from(number[last]);
  for (std::size_t at = last; at-- > 0;) {
    if (number[at] == '9') continue;
    pattern +=
        "|" + number.substr(0, at) + digits_from(static_cast<char>(number[at] + 1)) + any_digits(last - at);
  }
  return pattern + fmt::format("|[1-9][0-9]{{{},}})", number.size());
}

}  // namespace suture
