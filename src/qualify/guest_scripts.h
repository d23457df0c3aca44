// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace suture {

/// The text of guest/init and guest/lib.sh.
extern const std::string_view kGuestInit;
extern const std::string_view kGuestLibrary;

}  // namespace suture
