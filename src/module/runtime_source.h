// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace suture {

/// The text of runtime/suture.h, and of runtime/effects.h, exit.c, reload.c and suture.c. The glue's tables
/// stand between.
extern const std::string_view kRuntimeTypes;
extern const std::string_view kRuntimeCode;

}  // namespace suture
