// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "base/error.h"
#include "patchset/host_modules.h"

namespace suture {

/// Of the host whose /proc, /etc and /usr are in `root`. What its kernel does not have is taken as it then
/// is: without /proc/modules it loads none, without user.max_user_namespaces it has no user namespaces.
/// "file.unreadable"; "engine.modules" when there are more than any host has.
Result<HostModules> read_host_modules(const std::filesystem::path& root);

}  // namespace suture
