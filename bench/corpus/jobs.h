// SPDX-License-Identifier: Apache-2.0
//
// Runs the same work on many things, each in a process of its own. A crash or an endless loop in one is then
// a result like others, and takes nothing along: not the other jobs, not the run.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

#include "base/error.h"

namespace suture::corpus {

struct JobRunner {
  unsigned at_once = 1;
  std::chrono::seconds timeout{600};  ///< for one job
  /// In the child. What it finds out it writes to a file.
  std::function<void(std::size_t job)> work{};
  /// In the parent, after each. `died`: how the process ended, "" when as it should.
  std::function<Result<void>(std::size_t job, const std::string& died)> finished{};

  /// To be called while the program has no other thread and no other child.
  Result<void> run(std::size_t jobs) const;
};

}  // namespace suture::corpus
