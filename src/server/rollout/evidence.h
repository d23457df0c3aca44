// SPDX-License-Identifier: Apache-2.0
//
// What the hosts of a wave say, counted out of their reports.
#pragma once

#include <functional>
#include <vector>

#include "patchset/report.h"
#include "server/fleet/host_facts.h"
#include "server/fleet/store.h"
#include "server/rollout/waves.h"

namespace suture::server {

enum class Outcome {
  kPending,      ///< nothing to be seen yet
  kApplied,      ///< it has the level, or a higher one
  kFailed,       ///< it tried and could not
  kStalled,      ///< a transition that did not end
  kReverted,     ///< it was taken back there, by a bad sign or by an administrator
  kCrashed,      ///< the machine went down under it
  kUnsupported,  ///< this kernel cannot be patched, so the host is not counted
};

/// What a host says of a level that it is to have, as far as facts tell.
Outcome outcome_of(const HostFacts& host, std::uint32_t level);
/// The same of its whole report, which knows of a transition that goes on, and of levels that did harm.
Outcome outcome_of(const HostReport& report, std::uint32_t level);

/// Whether a host that does not have the level has booted since `began`: only then an earlier boot may have
/// had it.
bool may_have_crashed(const HostReport& report, std::uint32_t level, Time received_at, Time began);
/// Whether it had it in another boot than this one, by one of its earlier reports.
bool had_in_another_boot(const HostReport& report, const HostReport& earlier, std::uint32_t level);

struct Evidence {
  WaveCounts counts{};                   ///< of the last wave that has begun
  std::vector<std::uint32_t> numbers{};  ///< of the hosts among which the next wave has its share
};

/// Reads what every host said last. `member` as in waves.h.
Result<Evidence> gather_evidence(Store& fleet, const Rollout& rollout, const TargetLevels& levels,
                                 const Membership& member, Time now);

/// The index of the wave whose hosts are counted; nothing before the first.
std::optional<std::size_t> watched_wave(const Rollout& rollout);

}  // namespace suture::server
