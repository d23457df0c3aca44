// SPDX-License-Identifier: Apache-2.0
//
// How a command ends.
#pragma once

#include "base/error.h"

namespace suture::cli {

/// Exit statuses, as documented in suture(1). 2 is a wrong command line.
inline constexpr int kOk = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;
/// Of `suture delta`.
inline constexpr int kUnchanged = 3;
inline constexpr int kRefused = 4;

/// On standard error, and with `json` as a document on standard output.
void print_error(const Error& error, bool json);

}  // namespace suture::cli
