// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

namespace suture {

/// Whether this error means that a change, well described, cannot be patched; any other one means that what
/// was given cannot be read, or was asked for in a wrong way.
bool is_refusal(const Error& error);

}  // namespace suture
