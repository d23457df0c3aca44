// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/cve_api.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/cve_id.h"
#include "base/json.h"
#include "server/fleet/host_api.h"
#include "server/fleet/kinds.h"
#include "server/fleet/target_api.h"
#include "server/parameters.h"

namespace suture::server {
namespace {

/// What somebody looks at the fleet for: the rest needs no words there.
enum class Place { kClosed, kOpen, kUnknown, kSettled };

/// A host with a hole is open, whether there is a level for it or not.
Place place_of(CveStatus status) {
  switch (status) {
    case CveStatus::kClosed:
      return Place::kClosed;
    case CveStatus::kOpen:
    case CveStatus::kAffected:
      return Place::kOpen;
    case CveStatus::kUnknown:
    case CveStatus::kUnderInvestigation:
      return Place::kUnknown;
    case CveStatus::kFixed:
    case CveStatus::kNotAffected:
      break;
  }
  return Place::kSettled;
}

struct Counts {
  std::array<std::int64_t, 4> hosts{};
  std::uint32_t highest_fix = 0;  ///< a level that closes it is there for some kernel

  void add(const CveAnswer& answer, std::int64_t count) {
    hosts.at(static_cast<std::size_t>(place_of(answer.status))) += count;
    highest_fix = std::max(highest_fix, answer.level);
  }
  std::int64_t at(Place place) const { return hosts.at(static_cast<std::size_t>(place)); }
};

Json to_json(const Counts& counts) {
  return {{"closed", counts.at(Place::kClosed)},
          {"open", counts.at(Place::kOpen)},
          {"unknown", counts.at(Place::kUnknown)},
          {"not_affected", counts.at(Place::kSettled)}};
}

struct FleetCve {
  Counts counts{};
  std::set<TargetKey> targets{};
};

/// All that may be open somewhere: on a kernel of the fleet, or on one that the repository has a level for.
std::map<std::string, FleetCve> cves_of_fleet(const Knowledge& known, const std::vector<CountedKind>& kinds) {
  std::map<std::string, FleetCve> all;
  for (const auto& [key, target] : known.targets.offered) {
    for (const auto& [cve, fix] : target.cves) {
      if (fix.level != 0) all[cve].targets.insert(key);
    }
  }
  for (const CountedKind& each : kinds) {
    for (const std::string& cve : holes_of(known, each.kind)) all[cve];
  }
  for (auto& [cve, entry] : all) {
    for (const CountedKind& each : kinds) {
      if (const auto status = status_of(known, each.kind, cve)) entry.counts.add(*status, each.hosts);
    }
  }
  return all;
}

/// "open", "closed" or "unknown"; nothing when it is not given.
Result<std::optional<Place>> place_parameter(const Target& target) {
  const std::string text = TRY(text_parameter(target, "status"));
  if (text.empty()) return std::nullopt;
  if (text == "open") return Place::kOpen;
  if (text == "closed") return Place::kClosed;
  if (text == "unknown") return Place::kUnknown;
  return bad_parameter("status", "it is none of open, closed, unknown");
}

Json or_null(std::uint32_t level) {
  return level == 0 ? Json() : Json(level);
}

/// How a kernel stands: for each of a channel that has a level, or hosts.
Json targets_json(const Knowledge& known, const std::vector<CountedKind>& kinds, const std::string& cve) {
  std::map<TargetKey, Counts> all;
  for (const auto& [key, target] : known.targets.offered) {
    if (target.cves.contains(cve)) all[key];
  }
  for (const CountedKind& each : kinds) {
    const auto status = status_of(known, each.kind, cve);
    if (status) all[{each.kind.build_id, each.kind.channel}].add(*status, each.hosts);
  }
  Json targets = Json::array();
  for (const auto& [key, counts] : all) {
    const OfferedTarget* target = known.targets.find(key.first, key.second);
    const CveFix* fix = nullptr;
    if (target != nullptr && target->cves.contains(cve)) fix = &target->cves.at(cve);
    Json release = nullptr;
    if (target != nullptr) release = target->catalog.release;
    targets.push_back({{"build_id", key.first},
                       {"channel", key.second},
                       {"release", std::move(release)},
                       {"level", or_null(fix == nullptr ? 0 : fix->level)},
                       {"hosts", to_json(counts)}});
  }
  return targets;
}

Json host_json(const Knowledge& known, const KindHost& host, const std::string& cve) {
  const auto status = status_of(known, host.kind, cve);
  return {{"host_id", host.host_id},           {"hostname", host.hostname},
          {"release", host.release},           {"build_id", host.kind.build_id},
          {"channel", host.kind.channel},      {"level", host.kind.level},
          {"state", name_of(host.kind.state)}, {"silent", host.kind.silent},
          {"status", name_of(status->status)}, {"fix_level", or_null(status->level)}};
}

Response no_cve() {
  return error_response(404, "cve.unknown",
                        "neither the repository nor a verdict on a kernel of the fleet speaks of it");
}

Json advisory_json(const std::string& cve, const CveAnswer& answer) {
  Json json = {{"cve", cve}, {"status", name_of(answer.status)}, {"level", or_null(answer.level)}};
  json["why"] = answer.why.empty() ? Json() : Json(answer.why);
  json["justification"] = answer.justification.empty() ? Json() : Json(answer.justification);
  return json;
}

}  // namespace

Response list_cves(const Call& call) {
  return answer([&]() -> Result<Json> {
    TRY(only_parameters(call.target, {"status", "limit", "after"}));
    const auto limit =
        static_cast<std::size_t>(TRY(number_parameter(call.target, "limit", kPerPage, kMostPerPage)));
    const std::string after = TRY(text_parameter(call.target, "after"));
    const auto place = TRY(place_parameter(call.target));
    const auto known = knowledge_of(call);
    const auto kinds =
        TRY(call.services.store.read([](sql::Database& database) { return count_kinds(database); }));
    const auto all = cves_of_fleet(*known, kinds);
    Json cves = Json::array();
    Json next = nullptr;
    std::string last;
    for (auto at = all.upper_bound(after); at != all.end(); ++at) {
      if (place && at->second.counts.at(*place) == 0) continue;
      if (cves.size() == limit) {
        next = last;
        break;
      }
      last = at->first;
      cves.push_back({{"cve", at->first},
                      {"hosts", to_json(at->second.counts)},
                      {"targets", at->second.targets.size()}});
    }
    return Json{{"cves", std::move(cves)}, {"next", std::move(next)}};
  }());
}

Response show_cve(const Call& call) {
  const auto found = [&]() -> Result<std::optional<Json>> {
    TRY(only_parameters(call.target, {"status", "limit", "after"}));
    const auto limit =
        static_cast<std::uint32_t>(TRY(number_parameter(call.target, "limit", kPerPage, kMostPerPage)));
    const std::string after = TRY(text_parameter(call.target, "after"));
    const Place place = TRY(place_parameter(call.target)).value_or(Place::kOpen);
    const auto known = knowledge_of(call);
    return TRY(call.services.store.read([&](sql::Database& database) -> Result<std::optional<Json>> {
      const auto kinds = TRY(count_kinds(database));
      Json targets = targets_json(*known, kinds, call.id);
      if (targets.empty()) return std::nullopt;
      Counts counts;
      std::vector<HostKind> wanted;
      for (const CountedKind& each : kinds) {
        const auto status = status_of(*known, each.kind, call.id);
        if (!status) continue;
        counts.add(*status, each.hosts);
        if (place_of(status->status) == place) wanted.push_back(each.kind);
      }
      const KindPage page = TRY(hosts_of_kinds(database, wanted, after, limit));
      Json hosts = Json::array();
      for (const KindHost& host : page.items) hosts.push_back(host_json(*known, host, call.id));
      return Json{{"cve", call.id},
                  {"counts", to_json(counts)},
                  {"targets", std::move(targets)},
                  {"hosts", std::move(hosts)},
                  {"next", page.next.empty() ? Json() : Json(page.next)}};
    }));
  }();
  if (!found) return response_for(found.error());
  return *found ? json_response(200, **found) : no_cve();
}

Response list_advisories(const Call& call) {
  if (!is_host_id(call.id)) return no_host();
  const auto found = [&]() -> Result<std::optional<Json>> {
    TRY(only_parameters(call.target, {"status", "limit", "after"}));
    const auto limit =
        static_cast<std::size_t>(TRY(number_parameter(call.target, "limit", kPerPage, kMostPerPage)));
    const std::string after = TRY(text_parameter(call.target, "after"));
    const std::string status = TRY(text_parameter(call.target, "status"));
    if (!status.empty()) TRY(cve_status_from_name(status));
    const auto kind = TRY(
        call.services.store.read([&](sql::Database& database) { return kind_of_host(database, call.id); }));
    if (!kind) return std::nullopt;
    const auto known = knowledge_of(call);
    std::map<std::string_view, std::int64_t> counts;
    Json advisories = Json::array();
    Json next = nullptr;
    std::string last;
    for (const std::string& cve : cves_of(*known, *kind)) {
      const CveAnswer answer = *status_of(*known, *kind, cve);
      counts[name_of(answer.status)]++;
      if (cve <= after || (!status.empty() && status != name_of(answer.status)) || !next.is_null()) continue;
      if (advisories.size() == limit) {
        next = last;
        continue;
      }
      advisories.push_back(advisory_json(cve, answer));
      last = cve;
    }
    Json numbers = Json::object();
    for (const auto& [name, count] : counts) numbers[std::string(name)] = count;
    return Json{{"host_id", call.id},
                {"exposure", name_of(exposure_of(*known, *kind))},
                {"counts", std::move(numbers)},
                {"advisories", std::move(advisories)},
                {"next", std::move(next)}};
  }();
  if (!found) return response_for(found.error());
  return *found ? json_response(200, **found) : no_host();
}

}  // namespace suture::server
