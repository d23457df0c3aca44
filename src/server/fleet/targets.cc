// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/targets.h"

#include <algorithm>

#include "repository/owned.h"

namespace suture::server {
namespace {

/// When the first of the documents expires.
Time expiry_of(const tuf::Trusted& state) {
  Time first = std::min(
      {state.root.expires, state.timestamp->expires, state.snapshot->expires, state.targets->expires});
  for (const auto& [role, document] : state.delegated) first = std::min(first, document.expires);
  return first;
}

}  // namespace

const OfferedTarget* Targets::find(const std::string& build_id, const std::string& channel) const {
  const auto found = offered.find({build_id, channel});
  return found == offered.end() ? nullptr : &found->second;
}

OfferedTarget offered_target(Catalog catalog) {
  OfferedTarget target{.catalog = std::move(catalog)};
  for (const AvailablePatchset& patchset : target.catalog.levels) {
    target.closed[patchset.level].insert(patchset.cves.begin(), patchset.cves.end());
    for (const std::string& cve : patchset.cves) {
      CveFix& fix = target.cves[cve];
      if (fix.level == 0 && !patchset.withdrawn) fix.level = patchset.level;
      fix.fixed = fix.fixed || std::ranges::find(patchset.fixed, cve) != patchset.fixed.end();
      fix.unaffected =
          fix.unaffected || std::ranges::find(patchset.unaffected, cve) != patchset.unaffected.end();
    }
  }
  return target;
}

Result<Targets> read_targets(const std::filesystem::path& repository) {
  auto owned = TRY(OwnedRepository::open({.repository = repository, .keys = {}}));
  Targets targets;
  for (const Stream& stream : owned.streams()) {
    auto catalogs = TRY(owned.catalogs(stream));
    for (Catalog& catalog : catalogs) {
      const TargetKey key(catalog.build_id, stream.channel);
      targets.offered.emplace(key, offered_target(std::move(catalog)));
    }
  }
  targets.expires = expiry_of(owned.state());
  return targets;
}

}  // namespace suture::server
