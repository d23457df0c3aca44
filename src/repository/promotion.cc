// SPDX-License-Identifier: Apache-2.0
#include "repository/promotion.h"

#include <algorithm>
#include <ranges>

#include "repository/policy.h"

namespace suture {
namespace {

constexpr std::size_t kLongestReason = 1000;

Result<Promotion> completed(const PublisherContext& context, Promotion promotion) {
  const PublishingPolicy policy = TRY(read_policy(context.keys));
  const auto rule = policy.channels.find(promotion.to);
  if (promotion.from.empty()) {
    if (rule == policy.channels.end() || rule->second.from.empty()) {
      return fail("repository.no-promotion", "promote to " + promotion.to, "nothing says from which channel",
                  "Give --from, or write into " + std::string(kPolicyFile) + ": [channel." + promotion.to +
                      "] with from = \"testing\" and after = \"24h\".");
    }
    promotion.from = rule->second.from;
  }
  if (promotion.by_policy && rule != policy.channels.end()) promotion.after = rule->second.after;
  return promotion;
}

/// The newest level that may go on, if there is one.
const AvailablePatchset* ripe(const Catalog& catalog, std::chrono::seconds after, Time now) {
  for (const AvailablePatchset& patchset : catalog.levels | std::views::reverse) {
    if (patchset.withdrawn) continue;
    const auto published = parse_time(patchset.published);
    if (published && *published + after <= now) return &patchset;
  }
  return nullptr;
}

}  // namespace

Result<Moved> promote_patchsets(const PublisherContext& context, const Promotion& asked) {
  const Promotion promotion = TRY(completed(context, asked));
  OwnedRepository owned = TRY(OwnedRepository::open(context));
  Moved moved;
  bool known = false;
  for (const Stream& from : owned.streams()) {
    if (from.channel != promotion.from) continue;
    const Stream to{promotion.to, from.distribution};
    if (!owned.has_stream(to)) continue;
    known = true;
    for (const Catalog& catalog : TRY(owned.catalogs(from, promotion.build_id))) {
      const AvailablePatchset* newest = ripe(catalog, promotion.after, context.now);
      if (newest == nullptr) continue;
      Catalog there = TRY(owned.catalog(to, catalog.build_id));
      if (!there.levels.empty() && there.levels.back().level >= newest->level) continue;
      AvailablePatchset patchset = *newest;
      patchset.stream = to;
      patchset.published = time_text(context.now);
      patchset.log_index = owned.add_log_entry(publication_entry(patchset));
      there.release = patchset.release;
      there.levels.push_back(patchset);
      TRY(owned.put_catalog(there));
      moved.patchsets.push_back(std::move(patchset));
    }
  }
  if (!known) {
    return fail("repository.no-channel", "promote from " + promotion.from + " to " + promotion.to,
                "the repository does not have both for one distribution",
                "`suture repo status` shows what it has.");
  }
  if (!moved.patchsets.empty()) moved.committed = TRY(owned.commit());
  return moved;
}

Result<Moved> withdraw_level(const PublisherContext& context, const Stream& stream,
                             const std::string& build_id, std::uint32_t level, const std::string& reason) {
  if (reason.empty() || reason.size() > kLongestReason) {
    return fail("repository.bad-reason", "withdraw level " + std::to_string(level),
                "the reason has 1 to " + std::to_string(kLongestReason) + " bytes",
                "It is shown on every host that goes back.");
  }
  OwnedRepository owned = TRY(OwnedRepository::open(context));
  Moved moved;
  for (Catalog catalog : TRY(owned.catalogs(stream, build_id))) {
    const auto found = std::ranges::find(catalog.levels, level, &AvailablePatchset::level);
    if (found == catalog.levels.end() || found->withdrawn) continue;
    Withdrawal withdrawal{.reason = reason, .time = time_text(context.now)};
    withdrawal.log_index = owned.add_log_entry(withdrawal_entry(*found, withdrawal));
    found->withdrawn = std::move(withdrawal);
    moved.patchsets.push_back(*found);
    TRY(owned.put_catalog(catalog));
  }
  if (moved.patchsets.empty()) {
    return fail("repository.no-level", "withdraw level " + std::to_string(level) + " from " + stream.channel,
                "the channel has no such level, or it is withdrawn already",
                "`suture repo list` shows what it has.");
  }
  moved.committed = TRY(owned.commit());
  return moved;
}

Result<Moved> expire_levels(const PublisherContext& context, const std::string& channel, std::size_t keep) {
  // The highest one says which numbers were used.
  keep = std::max<std::size_t>(keep, 1);
  OwnedRepository owned = TRY(OwnedRepository::open(context));
  Moved moved;
  for (const Stream& stream : owned.streams()) {
    if (!channel.empty() && stream.channel != channel) continue;
    for (Catalog catalog : TRY(owned.catalogs(stream))) {
      // Withdrawn ones stay as long as a host may have them; they do not count.
      std::size_t good = 0;
      auto first = catalog.levels.end();
      while (first != catalog.levels.begin() && good < keep) good += (--first)->withdrawn ? 0 : 1;
      if (first == catalog.levels.begin()) continue;
      moved.patchsets.insert(moved.patchsets.end(), catalog.levels.begin(), first);
      catalog.levels.erase(catalog.levels.begin(), first);
      TRY(owned.put_catalog(catalog));
    }
  }
  if (!moved.patchsets.empty()) moved.committed = TRY(owned.commit());
  return moved;
}

}  // namespace suture
