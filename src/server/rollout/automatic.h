// SPDX-License-Identifier: Apache-2.0
//
// Rollouts that begin by themselves: once the repository has stopped changing for as long as a policy says,
// and has a level that no rollout of its channel has brought.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "server/rollout/rollout_store.h"

namespace suture::server {

class Automatic {
 public:
  struct Parts {
    RolloutStore& rollouts;
    /// Changes with the repository; empty: there is none.
    std::function<std::string()> word;
    std::function<Result<TargetLevels>(const std::string& channel)> levels;
  };
  explicit Automatic(Parts parts) : parts_(std::move(parts)) {}

  /// Every second or so. True: a rollout was made. Not for two threads at a time.
  Result<bool> look(Time now);

 private:
  /// Made by a policy as it is, for a repository as it is.
  Result<bool> make(const Policy& policy, Time now);

  Parts parts_;
  std::string seen_{};                         ///< the repository's word
  Time since_{};                               ///< when it was first seen
  std::map<std::string, std::string> done_{};  ///< by policy: its words and the repository's
};

}  // namespace suture::server
