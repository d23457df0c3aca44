// SPDX-License-Identifier: Apache-2.0
//
// Modules of ours that no longer patch anything are unloaded.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "engine/host.h"
#include "engine/kernel_calls.h"

namespace suture {

/// Those made for `engine` of which `in_use` says no. The kernel lets go of a replaced patch's module a
/// little afterwards, so one that is still busy then, after some tries with a `pause` in between, is left for
/// the next time. "engine.unload-refused" for other reasons.
Result<void> unload_idle_modules(const HostPaths& paths, const KernelCalls& calls, std::string_view engine,
                                 std::chrono::milliseconds pause,
                                 const std::function<Result<bool>(const std::string&)>& in_use);

}  // namespace suture
