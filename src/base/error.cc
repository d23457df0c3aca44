// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <cerrno>
#include <cstring>

namespace suture {

std::string Error::message() const {
  std::string text = what.empty() ? why : what + ": " + why;
  if (!code.empty()) text += " [" + code + "]";
  if (!hint.empty()) text += "\n" + hint;
  return text;
}

Error Error::in(std::string_view outer) && {
  what = what.empty() ? std::string(outer) : std::string(outer) + ": " + what;
  return std::move(*this);
}

std::unexpected<Error> fail(std::string code, std::string what, std::string why, std::string hint) {
  return std::unexpected(Error{std::move(code), std::move(what), std::move(why), std::move(hint)});
}

std::unexpected<Error> fail_errno(std::string code, std::string what, std::string hint) {
  return fail(std::move(code), std::move(what), std::strerror(errno), std::move(hint));
}

}  // namespace suture
