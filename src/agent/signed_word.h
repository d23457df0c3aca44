// SPDX-License-Identifier: Apache-2.0
//
// What the repository's owner signed, checked by the privileged process itself. The process without
// privileges downloads and checks first, but it may be in the hands of whoever fed it: nothing that it says
// decides what is loaded into the kernel, only signatures that lead to the administrator's root do. What is
// parsed here, before a signature is known to be good, is JSON of bounded size and depth, and no more.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "agent/config.h"
#include "repository/available.h"

namespace suture {

/// Where the process without privileges leaves the roots that it fetched, as N.root.json.
std::filesystem::path roots_folder(const AgentConfig& config);

/// The channel's patchsets for a kernel by rising level, from the metadata in `repository` below the state
/// folder. Follows the chain of roots from the one that was trusted last, and remembers its end.
Result<std::vector<AvailablePatchset>> read_signed_word(const AgentConfig& config,
                                                        const std::string& build_id,
                                                        std::chrono::system_clock::time_point now);

}  // namespace suture
