// SPDX-License-Identifier: Apache-2.0
#include "server/api.h"

#include <spdlog/spdlog.h>

#include "base/json.h"
#include "server/parameters.h"

namespace suture::server {
namespace {

bool is_host_id(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

Result<HostQuery> host_query(const Target& target) {
  TRY(only_parameters(target, {"state", "cve", "limit", "after"}));
  HostQuery query;
  query.limit = static_cast<std::uint32_t>(TRY(number_parameter(target, "limit", kPerPage, kMostPerPage)));
  if (const auto state = target.query.find("state"); state != target.query.end()) {
    query.state = TRY_IN("read the parameter \"state\"", host_state_from_name(state->second));
  }
  if (const auto cve = target.query.find("cve"); cve != target.query.end()) {
    if (cve->second.empty()) return bad_parameter("cve", "it is empty");
    query.cve = cve->second;
  }
  if (const auto after = target.query.find("after"); after != target.query.end()) {
    if (!is_host_id(after->second)) return bad_parameter("after", "it is not a host's id");
    query.after = after->second;
  }
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

Result<Json> hosts_json(const Page<HostRecord>& page) {
  Json hosts = Json::array();
  for (const auto& host : page.items) hosts.push_back(TRY(host_json(host)));
  Json next = nullptr;
  if (page.more) next = hosts.back().at("host_id");
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

Response no_path() {
  return error_response(404, "request.path", "there is nothing at this path");
}

Response not_allowed(const std::string& allowed) {
  Response response = error_response(405, "request.method", "allowed here: " + allowed);
  response.headers["Allow"] = allowed;
  return response;
}

Response no_host() {
  return error_response(404, "host.unknown", "no host of this id has reported");
}

}  // namespace

Response answer(const Result<Json>& json) {
  return json ? json_response(200, *json) : response_for(json.error());
}

Response response_for(const Error& error) {
  if (error.code.starts_with("store.")) {
    spdlog::error("{}", error.message());
    Response response = error_response(503, error.code, "the server cannot use its database now; try later");
    response.headers["Retry-After"] = "60";
    return response;
  }
  const int status = error.code == "json.too-large" ? 413 : error.code == "token.exists" ? 409 : 400;
  return error_response(status, error.code, error.what + ": " + error.why);
}

Response Api::handle(const Request& request) const {
  const auto target = parse_target(request.target);
  if (!target) return response_for(target.error());
  return route(request, *target);
}

Response Api::route(const Request& request, const Target& target) const {
  const RouteMatch match = find_route(request.method, target.path);
  if (match.route == nullptr) return match.allowed.empty() ? no_path() : not_allowed(match.allowed);
  // The token is what new hosts are taken by. Whether the signature holds is seen when the report is read.
  if (match.route->action == Action::kTakeReport && is_of_known_host(request)) return take_report(request);
  const auto admitted = access_.admit(*match.route, request, clock_());
  if (const auto* refusal = std::get_if<Response>(&admitted)) return *refusal;
  return act(*match.route, match.id, std::get<Caller>(admitted), request, target);
}

Response Api::act(const Route& route, const std::string& id, const Caller& caller, const Request& request,
                  const Target& target) const {
  switch (route.action) {
    case Action::kHealth:
      return show_health();
    case Action::kRepositoryFile:
      return no_path();
    case Action::kWait:
      return show_word(target);
    case Action::kCall:
      return call_all(caller);
    case Action::kTakeReport:
      return take_report(request);
    case Action::kListHosts:
      return list_hosts(target);
    case Action::kShowHost:
      return is_host_id(id) ? show_host(id) : no_host();
    case Action::kListReports:
      return is_host_id(id) ? list_reports(id, target) : no_host();
    case Action::kForgetHostKey:
      return is_host_id(id) ? forget_host_key(caller, id) : no_host();
    case Action::kShowSummary:
      return show_summary();
    case Action::kListTokens:
      return list_tokens(target);
    case Action::kAddToken:
      return add_token(caller, request);
    case Action::kRevokeToken:
      return revoke_token(caller, id);
    case Action::kShowAudit:
      return show_audit(target);
  }
  return no_path();
}

Response Api::take_report(const Request& request) const {
  if (media_type(request.content_type) != "application/json" || !request.content_encoding.empty()) {
    return error_response(415, "request.media-type", "a report is application/json, without an encoding");
  }
  const auto report = parse_host_report(request.body);
  if (!report) return response_for(report.error());
  if (auto refusal = admit(request, *report)) return *std::move(refusal);
  spdlog::info("report from {} ({}): {}, level {}", report->host_id, report->hostname, name_of(report->state),
               report->level);
  return json_response(202, {{"accepted", true}});
}

Response Api::list_hosts(const Target& target) const {
  const auto query = host_query(target);
  if (!query) return response_for(query.error());
  const auto page = store_.hosts(*query);
  return page ? answer(hosts_json(*page)) : response_for(page.error());
}

Response Api::show_host(std::string_view host_id) const {
  const auto host = store_.host(host_id);
  if (!host) return response_for(host.error());
  if (!*host) return no_host();
  return answer([&]() -> Result<Json> {
    Json json = TRY(host_json(**host));
    json["key"] = TRY(key_of(host_id));
    return json;
  }());
}

Response Api::list_reports(std::string_view host_id, const Target& target) const {
  const auto page = [&]() -> Result<std::optional<Page<ReportRecord>>> {
    TRY(only_parameters(target, {"limit", "after"}));
    const auto limit = TRY(number_parameter(target, "limit", kPerPage, kMostPerPage));
    const auto before = TRY(number_parameter(target, "after", INT64_MAX, INT64_MAX));
    if (!TRY(store_.host(host_id))) return std::nullopt;
    return TRY(store_.reports(host_id, before, static_cast<std::uint32_t>(limit)));
  }();
  if (!page) return response_for(page.error());
  return *page ? answer(reports_json(**page)) : no_host();
}

Response Api::show_summary() const {
  const auto summary = store_.summary();
  if (!summary) return response_for(summary.error());
  return json_response(200, {{"hosts", summary->hosts},
                             {"by_state", counts_json(summary->by_state)},
                             {"by_level", counts_json(summary->by_level)},
                             {"by_release", counts_json(summary->by_release)}});
}

Response Api::show_health() const {
  const auto healthy = store_.check();
  return healthy ? json_response(200, {{"status", "ok"}}) : response_for(healthy.error());
}

/// To wait is the connection's business; whoever comes here is told at once where the repository is.
Response Api::show_word(const Target& target) const {
  if (board_ == nullptr) return no_path();
  const auto word = wake_word(target);
  return word ? wake_response(board_->word(), WakeBoard::Reason::kState) : response_for(word.error());
}

Response Api::call_all(const Caller& caller) const {
  if (board_ == nullptr) return no_path();
  const std::string who = caller.name;
  const auto recorded = access_.store().record({who, "wake.call", "all hosts that wait", "ok"}, clock_());
  if (!recorded) return response_for(recorded.error());
  return json_response(202, {{"called", board_->call_urgently()}});
}

}  // namespace suture::server
