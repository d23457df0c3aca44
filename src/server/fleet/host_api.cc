// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/host_api.h"

#include <algorithm>
#include <map>

#include "base/json.h"
#include "server/fleet/groups.h"
#include "server/fleet/host_key_api.h"
#include "server/fleet/target_api.h"
#include "server/parameters.h"

namespace suture::server {
namespace {

constexpr std::size_t kHostIdLength = 32;

/// The last answer's `next`: a host's id, and by names, a dot and the name behind it.
Result<HostPlace> place_of(const Target& target, bool by_name) {
  const std::string text = TRY(text_parameter(target, "after"));
  if (text.empty()) return HostPlace{};
  HostPlace place{.host_id = text.substr(0, kHostIdLength)};
  const bool has_name = text.size() > kHostIdLength && text[kHostIdLength] == '.';
  if (has_name) place.hostname = text.substr(kHostIdLength + 1);
  if (!is_host_id(place.host_id) || (by_name ? !has_name : text.size() != kHostIdLength)) {
    return bad_parameter("after", "it is not what the last answer to this question gave as next");
  }
  return place;
}

Result<HostQuery> host_query(const Target& target) {
  TRY(only_parameters(target,
                      {"state", "cve", "tag", "group", "build_id", "release", "q", "limit", "after"}));
  HostQuery query;
  query.limit = static_cast<std::uint32_t>(TRY(number_parameter(target, "limit", kPerPage, kMostPerPage)));
  if (const auto state = target.query.find("state"); state != target.query.end()) {
    query.state = TRY_IN("read the parameter \"state\"", host_state_from_name(state->second));
  }
  query.cve = TRY(text_parameter(target, "cve"));
  query.tag = TRY(text_parameter(target, "tag"));
  query.group = TRY(text_parameter(target, "group"));
  query.build_id = TRY(text_parameter(target, "build_id"));
  query.release = TRY(text_parameter(target, "release"));
  query.name_prefix = TRY(text_parameter(target, "q"));
  query.after = TRY(place_of(target, !query.name_prefix.empty()));
  return query;
}

/// What the store holds was checked on its way in; a file that someone has edited is the only way to fail.
Result<Json> stored_report(const std::string& text) {
  auto json = parse_json(text, "a stored report");
  if (!json || !json->is_object()) {
    return fail("store.unavailable", "read a stored report", "it is not a JSON object");
  }
  return json;
}

Result<Json> host_json(const HostRecord& host) {
  Json json = TRY(stored_report(host.report));
  json["first_seen_at"] = host.first_seen_at;
  json["received_at"] = host.received_at;
  json["authenticated"] = host.authenticated;
  return json;
}

Result<Json> hosts_json(const Page<HostRecord>& page, bool by_name) {
  Json hosts = Json::array();
  for (const auto& host : page.items) hosts.push_back(TRY(host_json(host)));
  Json next = nullptr;
  if (page.more) {
    std::string place = hosts.back().at("host_id");
    if (by_name) place += "." + hosts.back().at("hostname").get<std::string>();
    next = std::move(place);
  }
  return Json{{"hosts", std::move(hosts)}, {"next", std::move(next)}};
}

Result<Json> reports_json(const Page<ReportRecord>& page) {
  Json reports = Json::array();
  for (const auto& report : page.items) {
    reports.push_back(Json{{"id", report.id},
                           {"received_at", report.received_at},
                           {"report", TRY(stored_report(report.report))}});
  }
  Json next = nullptr;
  if (page.more) next = page.items.back().id;
  return Json{{"reports", std::move(reports)}, {"next", std::move(next)}};
}

Json counts_json(const std::vector<Count>& counts) {
  Json json = Json::object();
  for (const auto& count : counts) json[count.name] = count.hosts;
  return json;
}

/// Kernels with their channels, those with the most hosts first.
Json by_target_json(const Knowledge& known, const std::vector<CountedKind>& kinds) {
  constexpr std::size_t kMost = 100;
  std::map<TargetKey, std::vector<CountedKind>> targets;
  for (const CountedKind& each : kinds) targets[{each.kind.build_id, each.kind.channel}].push_back(each);
  std::vector<std::pair<std::int64_t, Json>> rows;
  for (const auto& [key, own] : targets) {
    std::int64_t hosts = 0;
    for (const CountedKind& each : own) hosts += each.hosts;
    const OfferedTarget* target = known.targets.find(key.first, key.second);
    rows.emplace_back(hosts, Json{{"build_id", key.first},
                                  {"channel", key.second},
                                  {"release", target == nullptr ? Json() : Json(target->catalog.release)},
                                  {"hosts", hosts},
                                  {"exposure", exposures_json(count_exposures(known, own))}});
  }
  std::ranges::stable_sort(rows, std::greater<>(), [](const auto& row) { return row.first; });
  Json json = Json::array();
  for (auto& [hosts, row] : rows) {
    if (json.size() == kMost) break;
    json.push_back(std::move(row));
  }
  return json;
}

}  // namespace

bool is_host_id(std::string_view text) {
  return text.size() == kHostIdLength && text.find_first_not_of("0123456789abcdef") == text.npos;
}

Response no_host() {
  return error_response(404, "host.unknown", "no host of this id has reported");
}

Response list_hosts(const Call& call) {
  const auto query = host_query(call.target);
  if (!query) return response_for(query.error());
  const auto page = call.services.store.hosts(*query);
  return page ? answer(hosts_json(*page, !query->name_prefix.empty())) : response_for(page.error());
}

Response show_host(const Call& call) {
  if (!is_host_id(call.id)) return no_host();
  const auto host = call.services.store.host(call.id);
  if (!host) return response_for(host.error());
  if (!*host) return no_host();
  return answer([&]() -> Result<Json> {
    Json json = TRY(host_json(**host));
    json["key"] = TRY(key_of(call));
    TRY(call.services.store.read([&](sql::Database& database) -> Result<void> {
      json["tags"] = TRY(tags_of_host(database, call.id));
      json["groups"] = TRY(groups_of_host(database, call.id));
      const auto kind = TRY(kind_of_host(database, call.id));
      if (!kind) return {};
      json["silent"] = kind->silent;
      json["exposure"] = name_of(exposure_of(*knowledge_of(call), *kind));
      return {};
    }));
    return json;
  }());
}

Response list_reports(const Call& call) {
  if (!is_host_id(call.id)) return no_host();
  const auto page = [&]() -> Result<std::optional<Page<ReportRecord>>> {
    TRY(only_parameters(call.target, {"limit", "after"}));
    const auto limit = TRY(number_parameter(call.target, "limit", kPerPage, kMostPerPage));
    const auto before = TRY(number_parameter(call.target, "after", INT64_MAX, INT64_MAX));
    if (!TRY(call.services.store.host(call.id))) return std::nullopt;
    return TRY(call.services.store.reports(call.id, before, static_cast<std::uint32_t>(limit)));
  }();
  if (!page) return response_for(page.error());
  return *page ? answer(reports_json(**page)) : no_host();
}

Response show_summary(const Call& call) {
  return answer([&]() -> Result<Json> {
    const auto summary = TRY(call.services.store.summary());
    const auto kinds =
        TRY(call.services.store.read([](sql::Database& database) { return count_kinds(database); }));
    const auto known = knowledge_of(call);
    return Json{{"hosts", summary.hosts},
                {"by_state", counts_json(summary.by_state)},
                {"by_level", counts_json(summary.by_level)},
                {"by_release", counts_json(summary.by_release)},
                {"exposure", exposures_json(count_exposures(*known, kinds))},
                {"by_target", by_target_json(*known, kinds)}};
  }());
}

}  // namespace suture::server
