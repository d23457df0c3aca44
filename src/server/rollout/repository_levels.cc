// SPDX-License-Identifier: Apache-2.0
#include "server/rollout/repository_levels.h"

#include <algorithm>

#include "repository/owned.h"

namespace suture::server {

Result<TargetLevels> repository_levels(const std::filesystem::path& repository, const std::string& channel) {
  auto owned = TRY(OwnedRepository::open({.repository = repository, .keys = {}}));
  TargetLevels levels;
  for (const Stream& stream : owned.streams()) {
    if (stream.channel != channel) continue;
    for (const Catalog& catalog : TRY(owned.catalogs(stream))) {
      TargetLevel found;
      for (const AvailablePatchset& patchset : catalog.levels) {
        if (!patchset.withdrawn) found = {.level = patchset.level, .before = found.level};
      }
      if (found.level > 0) levels[catalog.build_id] = found;
    }
  }
  return levels;
}

}  // namespace suture::server
