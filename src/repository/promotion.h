// SPDX-License-Identifier: Apache-2.0
//
// How patchsets move once they are published: from channel to channel, and out of use.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "repository/owned.h"

namespace suture {

struct Moved {
  std::vector<AvailablePatchset> patchsets{};
  Committed committed{};
};

struct Promotion {
  std::string to{};
  std::string from{};             ///< empty: as the policy has it (policy.h)
  std::chrono::seconds after{0};  ///< only those that have been there for so long
  bool by_policy = true;          ///< `after` is the policy's
  std::string build_id{};         ///< empty: every kernel
};

/// Brings each kernel's newest level of one channel that is old enough, and was not withdrawn, into another
/// one that has a lower one. Their files stay where they are. Again and again the same: nothing is left to
/// do then. "repository.no-promotion" when neither the policy nor the call says from where.
Result<Moved> promote_patchsets(const PublisherContext& context, const Promotion& promotion);

/// Says of a level in a channel that it is bad. Hosts that have it go back to the highest one below that is
/// not withdrawn, or to the kernel as it was booted. The level's number is not used again.
/// "repository.no-level".
Result<Moved> withdraw_level(const PublisherContext& context, const Stream& stream,
                             const std::string& build_id, std::uint32_t level, const std::string& reason);

/// Takes old levels out of the catalogs: all but the newest `keep`, at least one, of each kernel. Levels are
/// cumulative, so no host needs them but to go back. Their files stay until collect_garbage().
Result<Moved> expire_levels(const PublisherContext& context, const std::string& channel, std::size_t keep);

}  // namespace suture
