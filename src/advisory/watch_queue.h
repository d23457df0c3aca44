// SPDX-License-Identifier: Apache-2.0
//
// Fixes that a target needs and nobody has built yet, for builders to take. One who takes a fix has it until
// the lease ends; a builder that died gives it back that way. In the file of the advisories.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "advisory/advisory_store.h"
#include "base/json_fwd.h"
#include "base/time.h"

namespace suture {

/// A CVE that a target is affected by.
struct QueuedFix {
  std::string cve{};
  std::string target{};
  std::vector<std::string> fix_commits{};
  std::string reason{};       ///< why the target is affected: one sentence
  std::int64_t priority = 0;  ///< higher ones are taken first
  bool operator==(const QueuedFix&) const = default;
};

enum class QueueState : std::uint8_t {
  kWaiting,
  kTaken,
  kFinished,
  kFailed,     ///< by a builder, with its reason
  kWithdrawn,  ///< the target turned out not to be affected
};

struct QueueEntry {
  std::int64_t id = 0;
  QueuedFix fix{};
  QueueState state = QueueState::kWaiting;
  std::string since{};        ///< RFC 3339: when it came to be so
  std::string builder{};      ///< who has it, or had it last
  std::string lease_until{};  ///< of one that is taken
  std::uint32_t tries = 0;    ///< how often it was taken
  std::string outcome{};      ///< what the builder said in the end
};

class WatchQueue {
 public:
  explicit WatchQueue(AdvisoryStore& store) : store_(&store) {}

  /// Adds, or brings up to date: one entry for each CVE and target. One that is finished or failed waits
  /// again only when its commits have changed. True: a builder has something new to do.
  Result<bool> add(const QueuedFix& fix, Time now);
  /// Takes one out that nobody has finished.
  Result<void> withdraw(std::string_view cve, std::string_view target, std::string_view why, Time now);

  /// Whose entries for this CVE nobody has finished.
  Result<std::vector<std::string>> targets_waiting_for(std::string_view cve);

  /// The most urgent one that waits, or whose lease is over; nothing: there is none.
  /// `target`: only for that one; empty: for any.
  Result<std::optional<QueueEntry>> take(std::string_view builder, std::chrono::seconds lease, Time now,
                                         std::string_view target = {});
  /// Lengthens the lease. "watch.not-taken" when somebody else has it by now, as with all that follow.
  Result<void> keep(std::int64_t id, std::string_view builder, std::chrono::seconds lease, Time now);
  Result<void> finish(std::int64_t id, std::string_view builder, std::string_view outcome, Time now);
  Result<void> fail_with(std::int64_t id, std::string_view builder, std::string_view why, Time now);
  /// Gives it back unfinished: it waits again.
  Result<void> lose(std::int64_t id, std::string_view builder, std::string_view why, Time now);

  /// The most urgent first. Finished, failed and withdrawn ones only with `all`.
  Result<std::vector<QueueEntry>> list(bool all = false);

 private:
  AdvisoryStore* store_;
};

std::string_view name_of(QueueState state);
Json to_json(const QueueEntry& entry);

}  // namespace suture
