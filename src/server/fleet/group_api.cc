// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/group_api.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include "base/json.h"
#include "server/access/audit_log.h"
#include "server/fleet/events.h"
#include "server/fleet/groups.h"
#include "server/fleet/host_api.h"
#include "server/fleet/target_api.h"
#include "server/parameters.h"

namespace suture::server {
namespace {

Response no_group() {
  return error_response(404, "group.unknown", "there is no group of this name");
}

Json to_json(const Group& group) {
  Json rule = nullptr;
  if (group.rule) rule = server::to_json(*group.rule);
  return {{"name", group.name},
          {"description", group.description},
          {"rule", std::move(rule)},
          {"changed_at", group.changed_at},
          {"hosts", group.hosts}};
}

std::string who(const Call& call) {
  return call.caller.name.empty() ? "anonymous" : call.caller.name;
}

/// 200 with the document, 404 where there is nothing, or what response_for() says.
Response answer_if_any(const Result<std::optional<Json>>& json, Response (*none)()) {
  if (!json) return response_for(json.error());
  return *json ? json_response(200, **json) : none();
}

Result<bool> exists(sql::Database& database, std::string_view host_id) {
  auto row = TRY(database.prepare("SELECT 1 FROM hosts WHERE host_id = ?1"));
  return row.bind(1, host_id).step();
}

Result<std::string> name_of_host(sql::Database& database, std::string_view host_id) {
  auto row = TRY(database.prepare("SELECT hostname FROM host_facts WHERE host_id = ?1"));
  return TRY(row.bind(1, host_id).step()) ? row.text(0) : std::string();
}

}  // namespace

Response list_groups(const Call& call) {
  return answer([&]() -> Result<Json> {
    TRY(only_parameters(call.target, {}));
    const auto groups =
        TRY(call.services.store.read([](sql::Database& database) { return all_groups(database); }));
    Json list = Json::array();
    for (const Group& group : groups) list.push_back(to_json(group));
    return Json{{"groups", std::move(list)}};
  }());
}

Response show_group(const Call& call) {
  const auto known = knowledge_of(call);
  return answer_if_any(call.services.store.read([&](sql::Database& database) -> Result<std::optional<Json>> {
    const auto group = TRY(find_group(database, call.id));
    if (!group) return std::nullopt;
    Json json = to_json(*group);
    json["exposure"] = exposures_json(count_exposures(*known, TRY(count_kinds(database, call.id))));
    return json;
  }),
                       no_group);
}

Response put_group(const Call& call) {
  if (auto refusal = refuse_media_type(call.request, "a group")) return *std::move(refusal);
  if (!is_group_name(call.id)) {
    return error_response(
        400, "group.name",
        "a group's name is 1 to 64 lower-case letters, digits and ._-, a letter or digit first");
  }
  const auto wanted = parse_group(call.request.body);
  if (!wanted) return response_for(wanted.error());
  const std::string now = rfc3339(call.now);
  return answer(call.services.store.write([&](sql::Database& database) -> Result<Json> {
    TRY(server::put_group(database, call.id, *wanted, now));
    const auto group = TRY(find_group(database, call.id));
    const std::string what =
        group->rule ? server::to_json(*group->rule).dump() : fmt::format("{} hosts", group->hosts);
    TRY(append_audit(database, {who(call), "group.put", call.id + ": " + what, "ok"}, now));
    return to_json(*group);
  }));
}

Response remove_group(const Call& call) {
  const auto removed = call.services.store.write([&](sql::Database& database) -> Result<std::optional<Json>> {
    if (!TRY(server::remove_group(database, call.id))) return std::nullopt;
    TRY(append_audit(database, {who(call), "group.remove", call.id, "ok"}, rfc3339(call.now)));
    return Json{{"removed", true}};
  });
  return answer_if_any(removed, no_group);
}

Response put_tags(const Call& call) {
  if (!is_host_id(call.id)) return no_host();
  if (auto refusal = refuse_media_type(call.request, "a list of tags")) return *std::move(refusal);
  const auto tags = parse_tags(call.request.body);
  if (!tags) return response_for(tags.error());
  const auto done = call.services.store.write([&](sql::Database& database) -> Result<std::optional<Json>> {
    if (!TRY(exists(database, call.id))) return std::nullopt;
    TRY(set_tags(database, call.id, *tags));
    TRY(append_audit(database,
                     {who(call), "host.tags", fmt::format("{}: {}", call.id, fmt::join(*tags, " ")), "ok"},
                     rfc3339(call.now)));
    return Json{{"tags", *tags}};
  });
  return answer_if_any(done, no_host);
}

Response remove_host(const Call& call) {
  if (!is_host_id(call.id)) return no_host();
  const std::string now = rfc3339(call.now);
  const auto done = call.services.store.write([&](sql::Database& database) -> Result<std::optional<Json>> {
    const std::string hostname = TRY(name_of_host(database, call.id));
    // What refers to it goes with it.
    TRY(TRY(database.prepare("DELETE FROM hosts WHERE host_id = ?1")).bind(1, call.id).run());
    if (database.rows_changed() == 0) return std::nullopt;
    TRY(append_event(database, {"host.removed", call.id, hostname, "removed by " + who(call)}, now));
    TRY(append_audit(database, {who(call), "host.remove", call.id + " " + hostname, "ok"}, now));
    spdlog::info("{} removes {} ({})", who(call), call.id, hostname);
    return Json{{"removed", true}};
  });
  return answer_if_any(done, no_host);
}

}  // namespace suture::server
