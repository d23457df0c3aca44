// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/target_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/json.h"
#include "server/fleet/history.h"
#include "server/parameters.h"

namespace suture::server {
namespace {

std::int64_t sum_of(const std::vector<CountedKind>& kinds) {
  std::int64_t hosts = 0;
  for (const CountedKind& each : kinds) hosts += each.hosts;
  return hosts;
}

/// What is the same in every answer about a kernel: of a channel, in lists.
Json target_json(const Knowledge& knowledge, const OfferedTarget& target,
                 const std::vector<CountedKind>& kinds) {
  const Catalog& catalog = target.catalog;
  std::vector<CountedKind> own;
  std::ranges::copy_if(kinds, std::back_inserter(own), [&](const CountedKind& each) {
    return each.kind.build_id == catalog.build_id && each.kind.channel == catalog.stream.channel;
  });
  return {{"build_id", catalog.build_id},
          {"channel", catalog.stream.channel},
          {"distribution", catalog.stream.distribution},
          {"release", catalog.release},
          {"level", target.newest_level()},
          {"cves", target.cves.size()},
          {"hosts", sum_of(own)},
          {"exposure", exposures_json(count_exposures(knowledge, own))}};
}

Json patchset_json(const AvailablePatchset& patchset, std::int64_t hosts) {
  Json withdrawn = nullptr;
  if (patchset.withdrawn) {
    withdrawn = {{"reason", patchset.withdrawn->reason}, {"time", patchset.withdrawn->time}};
  }
  return {{"build_id", patchset.build_id},
          {"channel", patchset.stream.channel},
          {"distribution", patchset.stream.distribution},
          {"release", patchset.release},
          {"level", patchset.level},
          {"published", patchset.published},
          {"cves", patchset.cves},
          {"fixed", patchset.fixed},
          {"unaffected", patchset.unaffected},
          {"effective_version", patchset.effective_version},
          {"qualified", patchset.qualified()},
          {"bytes", patchset.module_bytes()},
          {"withdrawn", std::move(withdrawn)},
          {"hosts", hosts}};
}

std::int64_t hosts_with(const std::vector<CountedKind>& kinds, const AvailablePatchset& patchset) {
  std::int64_t hosts = 0;
  for (const CountedKind& each : kinds) {
    const bool has = each.kind.build_id == patchset.build_id &&
                     each.kind.channel == patchset.stream.channel && each.kind.level == patchset.level;
    if (has) hosts += each.hosts;
  }
  return hosts;
}

/// In an order of time; the same for two servers with one repository.
std::string place_of(const AvailablePatchset& patchset) {
  return fmt::format("{}.{}.{}.{:06}", patchset.published, patchset.build_id, patchset.stream.channel,
                     patchset.level);
}

Result<std::vector<CountedKind>> all_kinds(const Call& call) {
  return call.services.store.read([](sql::Database& database) { return count_kinds(database); });
}

Response no_target() {
  return error_response(404, "target.unknown", "neither the repository nor a host has this kernel");
}

Json history_json(const HistoryRow& row) {
  return {{"time", row.time},       {"hosts", row.hosts},   {"safe", row.safe},    {"exposed", row.exposed},
          {"unknown", row.unknown}, {"silent", row.silent}, {"failed", row.failed}};
}

}  // namespace

KnowledgeBoard::Snapshot knowledge_of(const Call& call) {
  static const KnowledgeBoard::Snapshot kNothing = std::make_shared<const Knowledge>();
  return call.services.knowledge == nullptr ? kNothing : call.services.knowledge->now();
}

Json exposures_json(const ExposureCounts& counts) {
  return {{"safe", counts[0]}, {"exposed", counts[1]}, {"unknown", counts[2]}};
}

Response list_targets(const Call& call) {
  return answer([&]() -> Result<Json> {
    TRY(only_parameters(call.target, {"limit", "after"}));
    const auto limit =
        static_cast<std::size_t>(TRY(number_parameter(call.target, "limit", kPerPage, kMostPerPage)));
    const std::string after = TRY(text_parameter(call.target, "after"));
    const auto known = knowledge_of(call);
    const auto kinds = TRY(all_kinds(call));
    Json targets = Json::array();
    Json next = nullptr;
    std::string last;
    for (const auto& [key, target] : known->targets.offered) {
      std::string place = key.first + "." + key.second;
      if (place <= after) continue;
      if (targets.size() == limit) {
        next = last;
        break;
      }
      targets.push_back(target_json(*known, target, kinds));
      last = std::move(place);
    }
    Json expires = nullptr;
    if (known->targets.expires != Time{}) expires = time_text(known->targets.expires);
    return Json{{"targets", std::move(targets)}, {"expires", std::move(expires)}, {"next", std::move(next)}};
  }());
}

Response show_target(const Call& call) {
  const auto known = knowledge_of(call);
  const auto kinds = call.services.store.read(
      [&](sql::Database& database) { return count_kinds_of_build(database, call.id); });
  if (!kinds) return response_for(kinds.error());
  Json channels = Json::array();
  for (auto at = known->targets.offered.lower_bound({call.id, ""});
       at != known->targets.offered.end() && at->first.first == call.id; ++at) {
    Json channel = target_json(*known, at->second, *kinds);
    channel["levels"] = Json::array();
    for (const AvailablePatchset& patchset : at->second.catalog.levels) {
      channel["levels"].push_back(patchset_json(patchset, hosts_with(*kinds, patchset)));
    }
    channels.push_back(std::move(channel));
  }
  if (channels.empty() && kinds->empty()) return no_target();
  return json_response(200, {{"build_id", call.id},
                             {"channels", std::move(channels)},
                             {"hosts", sum_of(*kinds)},
                             {"exposure", exposures_json(count_exposures(*known, *kinds))}});
}

Response list_patchsets(const Call& call) {
  return answer([&]() -> Result<Json> {
    TRY(only_parameters(call.target, {"channel", "build_id", "cve", "limit", "after"}));
    const auto limit =
        static_cast<std::size_t>(TRY(number_parameter(call.target, "limit", kPerPage, kMostPerPage)));
    const std::string channel = TRY(text_parameter(call.target, "channel"));
    const std::string build_id = TRY(text_parameter(call.target, "build_id"));
    const std::string cve = TRY(text_parameter(call.target, "cve"));
    const std::string after = TRY(text_parameter(call.target, "after"));
    const auto known = knowledge_of(call);
    const auto kinds = TRY(all_kinds(call));
    std::map<std::string, const AvailablePatchset*, std::greater<>> newest_first;
    for (const auto& [key, target] : known->targets.offered) {
      if ((!build_id.empty() && key.first != build_id) || (!channel.empty() && key.second != channel))
        continue;
      for (const AvailablePatchset& patchset : target.catalog.levels) {
        if (!cve.empty() && std::ranges::find(patchset.cves, cve) == patchset.cves.end()) continue;
        newest_first.emplace(place_of(patchset), &patchset);
      }
    }
    Json patchsets = Json::array();
    Json next = nullptr;
    std::string last;
    for (auto at = after.empty() ? newest_first.begin() : newest_first.upper_bound(after);
         at != newest_first.end(); ++at) {
      if (patchsets.size() == limit) {
        next = last;
        break;
      }
      patchsets.push_back(patchset_json(*at->second, hosts_with(kinds, *at->second)));
      last = at->first;
    }
    return Json{{"patchsets", std::move(patchsets)}, {"next", std::move(next)}};
  }());
}

Response show_history(const Call& call) {
  return answer([&]() -> Result<Json> {
    constexpr std::int64_t kDays = 30;
    TRY(only_parameters(call.target, {"days"}));
    const auto days = TRY(number_parameter(call.target, "days", kDays, kMostHistoryDays));
    const auto rows = TRY(call.services.store.read(
        [&](sql::Database& database) { return history_of(database, days, call.now); }));
    Json history = Json::array();
    for (const HistoryRow& row : rows) history.push_back(history_json(row));
    return Json{{"history", std::move(history)}};
  }());
}

}  // namespace suture::server
