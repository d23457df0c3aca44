// SPDX-License-Identifier: Apache-2.0
//
// What the agent is about to do. Each step is written here, durably, before it is taken; so the next start
// knows what a killed agent was in the middle of, and finishes or undoes it (agent/recover.cc).
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "agent/state.h"
#include "base/error.h"

namespace suture {

/// A patchset's way: fetched, verified, applying, in transition, applied, confirmed. The first two are done
/// when kFetching and kStoring end; that it is applied, and not confirmed yet, stands in the state.
enum class Step {
  kFetching,  ///< reading the repository into the spool. Undone: the spool is emptied
  kStoring,   ///< moving a patchset from the spool to its place. Undone: a folder that no state names goes
  kAsking,    ///< running the command that may veto. Undone: nothing has happened
  kApplying,  ///< changing the kernel to `stored`. Finished if the kernel has it, else undone
  kTransitioning,  ///< the kernel has it, and moves its tasks. Finished, or left under way by policy
  kChecking,       ///< applied; running the command that looks whether all is well. Run again
  kReverting,      ///< taking the patchset out of the kernel. Finished
};

struct Entry {
  Step step = Step::kFetching;
  std::string boot_id;                     ///< after a reboot the kernel has forgotten every step
  std::optional<StoredPatchset> stored{};  ///< the patchset that is meant, where one is
  bool hold = true;                        ///< of a revert: an administrator's, so nothing comes after it
  std::string sign{};  ///< of a revert: the bad sign for which the level goes into quarantine; else empty
  bool operator==(const Entry&) const = default;
};

class Journal {
 public:
  /// `watch` is told of each step once it is durable: programs log it.
  explicit Journal(std::filesystem::path file, std::function<void(Step)> watch = {})
      : file_(std::move(file)), watch_(std::move(watch)) {}

  Result<void> begin(const Entry& entry);
  Result<void> end();
  /// The step that was begun and not ended. A journal that cannot be read is an error, not an empty one.
  Result<std::optional<Entry>> pending() const;

 private:
  std::filesystem::path file_;
  std::function<void(Step)> watch_;
};

std::string_view name_of(Step step);

}  // namespace suture
