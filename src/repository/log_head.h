// SPDX-License-Identifier: Apache-2.0
//
// The log's head as TUF metadata carry it, as custom data of the checkpoint's target: a host need not fetch
// the checkpoint itself, and the snapshot protects it from going back.
#pragma once

#include "base/json_fwd.h"
#include "repository/merkle.h"

namespace suture {

Json log_head_json(const LogHead& head);
/// "log.malformed".
Result<LogHead> log_head_from_json(const Json& json);

}  // namespace suture
