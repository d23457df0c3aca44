// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/event_api.h"

#include <algorithm>

#include "base/json.h"
#include "server/fleet/events.h"
#include "server/fleet/host_api.h"
#include "server/parameters.h"

namespace suture::server {
namespace {

Result<EventQuery> event_query(const Target& target) {
  TRY(only_parameters(target, {"after", "before", "kind", "host", "severity", "limit"}));
  EventQuery query;
  query.limit = static_cast<std::uint32_t>(TRY(number_parameter(target, "limit", kPerPage, kMostPerPage)));
  if (target.query.contains("after")) {
    if (target.query.contains("before")) return bad_parameter("after", "before is given, too");
    // A follower of a new server begins at 0.
    const bool zero = target.query.at("after") == "0";
    query.after = zero ? 0 : TRY(number_parameter(target, "after", 0, INT64_MAX));
  }
  query.before = TRY(number_parameter(target, "before", INT64_MAX, INT64_MAX));
  query.kind = TRY(text_parameter(target, "kind"));
  if (const auto host = target.query.find("host"); host != target.query.end()) {
    if (!is_host_id(host->second)) return bad_parameter("host", "it is not a host's id");
    query.host_id = host->second;
  }
  if (const auto severity = target.query.find("severity"); severity != target.query.end()) {
    query.severity = TRY(severity_from_name(severity->second));
  }
  return query;
}

}  // namespace

Response list_events(const Call& call) {
  return answer([&]() -> Result<Json> {
    const EventQuery query = TRY(event_query(call.target));
    const EventPage page =
        TRY(call.services.store.read([&](sql::Database& database) { return find_events(database, query); }));
    Json events = Json::array();
    std::int64_t last = query.after.value_or(0);
    for (const Event& event : page.items) {
      last = std::max(last, event.id);
      events.push_back(to_json(event));
    }
    Json next = nullptr;
    if (page.more) next = page.items.back().id;
    return Json{{"events", std::move(events)}, {"last", last}, {"next", std::move(next)}};
  }());
}

}  // namespace suture::server
