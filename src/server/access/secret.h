// SPDX-License-Identifier: Apache-2.0
//
// Random texts that open something, and how they are compared.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace suture::server {

/// 64 lower-case hexadecimal digits; "store.unavailable" when the system has none to give.
Result<std::string> random_digits();

/// In a time that depends on the length alone.
bool same_secret(std::string_view one, std::string_view other);

}  // namespace suture::server
