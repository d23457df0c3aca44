// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/published.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

#include "server/fleet/events.h"
#include "server/fleet/fleet_marks.h"
#include "server/fleet/groups.h"

namespace suture::server {
namespace {

constexpr const char* kSeen = "published.seen";

/// Build-id, channel, level.
using LevelKey = std::tuple<std::string, std::string, std::int64_t>;

/// The levels that were told of, and whether each was withdrawn.
Result<std::map<LevelKey, bool>> known_levels(sql::Database& database) {
  auto rows = TRY(database.prepare("SELECT build_id, channel, level, withdrawn FROM published"));
  std::map<LevelKey, bool> known;
  while (TRY(rows.step())) known[{rows.text(0), rows.text(1), rows.number(2)}] = rows.number(3) != 0;
  return known;
}

NewEvent published_event(const AvailablePatchset& patchset) {
  std::string text =
      fmt::format("level {} for {} in {}", patchset.level, patchset.release, patchset.stream.channel);
  if (!patchset.cves.empty()) text += fmt::format(" closes {}", fmt::join(patchset.cves, ", "));
  return {.kind = "patchset.published", .subject = patchset.release, .text = std::move(text)};
}

NewEvent withdrawn_event(const AvailablePatchset& patchset) {
  return {.kind = "patchset.withdrawn",
          .subject = patchset.release,
          .text = fmt::format("level {} for {} in {}: {}", patchset.level, patchset.release,
                              patchset.stream.channel, patchset.withdrawn->reason),
          .severity = Severity::kWarning};
}

}  // namespace

Result<void> note_published(sql::Database& database, const Targets& targets, std::string_view now) {
  TRY(database.hold("published"));
  const bool first = !TRY(mark_of(database, kSeen));
  if (first) TRY(set_mark(database, kSeen, now));
  const auto known = TRY(known_levels(database));
  auto put = TRY(database.prepare(R"sql(
    INSERT INTO published (build_id, channel, level, withdrawn) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (build_id, channel, level) DO UPDATE SET withdrawn = excluded.withdrawn
  )sql"));
  std::vector<std::pair<std::string, std::string>> builds;
  for (const auto& [key, target] : targets.offered) {
    builds.emplace_back(key.first, target.catalog.stream.distribution);
    for (const AvailablePatchset& patchset : target.catalog.levels) {
      const bool withdrawn = patchset.withdrawn.has_value();
      const auto before = known.find({key.first, key.second, patchset.level});
      // One that comes back is no news: levels are never used again.
      if (before != known.end() && before->second >= withdrawn) continue;
      TRY(put.bind(1, key.first)
              .bind(2, key.second)
              .bind(3, patchset.level)
              .bind(4, withdrawn ? 1 : 0)
              .run());
      if (first) continue;
      TRY(append_event(database, withdrawn ? withdrawn_event(patchset) : published_event(patchset), now));
    }
  }
  return note_builds(database, builds);
}

}  // namespace suture::server
