// SPDX-License-Identifier: Apache-2.0
//
// Processes that must not notice a patch: TCP connections which check every byte they exchange, timers which
// count, files that are written, read back and renamed, children that come and go. All run without privileges
// and write what they see to one shared page, the file.
#pragma once

#include <string_view>

namespace suture::guest {

/// "start": returns when all run. "check": 0 when the same processes hold the same connections, nothing was
/// lost, and all go on. "suspend", "resume": stops all, and lets them go on. "stop": the last check, then
/// ends them.
int workload(std::string_view verb, const char* path);

}  // namespace suture::guest
