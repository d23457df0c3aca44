// SPDX-License-Identifier: Apache-2.0
#include "server/rollout/gates.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/rollout/rollout_json.h"

namespace suture::server {
namespace {

/// `count` of `of` is more than the share.
bool exceeds(std::uint64_t count, std::uint64_t of, Share share) {
  return count * kAll > of * share;
}

/// One that must not be too many, and what people call it.
struct Limit {
  const char* code;
  const char* words;
  std::uint64_t count;
  std::optional<Share> most;
};

Judgement fail_of(const Limit& limit, std::uint64_t of, const char* whom) {
  return {Verdict::kFail,
          {limit.code, fmt::format("{} of {} {} {}, where at most {} % may", limit.count, of, whom,
                                   limit.words, percent_text(*limit.most))}};
}

}  // namespace

std::uint64_t reports_needed(const Gates& gates, std::uint64_t hosts) {
  const std::uint64_t by_share = (hosts * gates.min_reporting + kAll - 1) / kAll;
  return std::max<std::uint64_t>(by_share, std::min<std::uint64_t>(gates.min_reports, hosts));
}

Judgement judge_counts(const Gates& gates, const WaveCounts& counts) {
  const std::uint64_t needed = reports_needed(gates, counts.hosts);
  const bool enough = counts.reporting >= needed;
  for (const Limit& limit :
       {Limit{"rollout.crashed", "went down", counts.crashed, gates.max_crashed},
        Limit{"rollout.reverted", "took it back", counts.reverted, gates.max_reverted},
        Limit{"rollout.stalled", "could not finish to apply it", counts.stalled, gates.max_stalled},
        Limit{"rollout.failed", "failed", counts.failed, gates.max_failed}}) {
    if (!limit.most) continue;
    if (exceeds(limit.count, counts.hosts, *limit.most)) return fail_of(limit, counts.hosts, "hosts");
    if (enough && exceeds(limit.count, counts.reporting, *limit.most)) {
      return fail_of(limit, counts.reporting, "hosts that reported");
    }
  }
  const Limit silent{"rollout.silent", "are silent", counts.silent, gates.max_silent};
  if (silent.most && exceeds(silent.count, counts.hosts, *silent.most)) {
    return fail_of(silent, counts.hosts, "hosts");
  }
  if (counts.hosts == 0 && gates.min_reports > 0) {
    return {Verdict::kWait, {"rollout.no-host", "no host that reports is in this wave"}};
  }
  if (!enough) {
    return {Verdict::kWait,
            {"rollout.evidence", fmt::format("{} of {} hosts have reported since it began, and {} must",
                                             counts.reporting, counts.hosts, needed)}};
  }
  if (counts.applied * kAll < counts.reporting * gates.min_applied) {
    return {
        Verdict::kWait,
        {"rollout.applied", fmt::format("{} of {} hosts that reported have applied it, and {} % must",
                                        counts.applied, counts.reporting, percent_text(gates.min_applied))}};
  }
  return {Verdict::kPass, {}};
}

Judgement together(const std::vector<Judgement>& judgements) {
  for (const Verdict verdict : {Verdict::kFail, Verdict::kWait}) {
    const auto found = std::ranges::find(judgements, verdict, &Judgement::verdict);
    if (found != judgements.end()) return *found;
  }
  return {Verdict::kPass, {}};
}

}  // namespace suture::server
