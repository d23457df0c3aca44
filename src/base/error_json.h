// SPDX-License-Identifier: Apache-2.0
//
// An error as it travels from one process to another, and to programs: {"code", "what", "why", "hint"}.
#pragma once

#include "base/error.h"
#include "base/json_fwd.h"

namespace suture {

Json to_json(const Error& error);
/// What is missing, or is no text, is empty.
Error error_from_json(const Json& json);

}  // namespace suture
