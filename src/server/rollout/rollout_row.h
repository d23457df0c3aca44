// SPDX-License-Identifier: Apache-2.0
//
// What the files of RolloutStore share.
#pragma once

#include <fmt/format.h>

#include <string>

#include "server/rollout/rollout.h"

namespace suture::server {

/// A row that only somebody else can have written.
inline std::unexpected<Error> bad_rollout_row(std::string why) {
  return fail("store.unavailable", "read a stored rollout", std::move(why));
}

/// As the audit log and events call it.
inline std::string title_of(const Rollout& rollout) {
  return fmt::format("rollout {} of {}", rollout.id, rollout.channel);
}

}  // namespace suture::server
