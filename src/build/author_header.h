// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace suture {

/// The text of include/suture/patch.h.
extern const std::string_view kAuthorHeader;

}  // namespace suture
