// SPDX-License-Identifier: Apache-2.0
//
// What the served repository has for a channel, by its signed metadata.
#pragma once

#include <filesystem>
#include <string>

#include "server/rollout/rollout.h"

namespace suture::server {

/// For each kernel of the channel, of whatever distribution: the newest level that was not withdrawn, and the
/// one before that (0: there is none). Every signature and hash on the way is checked; what has expired is
/// taken all the same, since hosts will not. Nothing where the repository has no such channel.
Result<TargetLevels> repository_levels(const std::filesystem::path& repository, const std::string& channel);

}  // namespace suture::server
