// SPDX-License-Identifier: Apache-2.0
#include "server/api.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>

#include "base/json.h"

namespace suture::server {
namespace {

constexpr std::uint32_t kMostPerPage = 1000;
constexpr std::uint32_t kPerPage = 100;
constexpr std::string_view kHostsPath = "/api/v1/hosts";

std::unexpected<Error> bad_parameter(std::string_view name, std::string why) {
  return fail("request.parameter", "read the parameter \"" + std::string(name) + "\"", std::move(why));
}

Result<std::int64_t> number_parameter(const Target& target, const char* name, std::int64_t absent,
                                      std::int64_t most) {
  const auto found = target.query.find(name);
  if (found == target.query.end()) return absent;
  const std::string& text = found->second;
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size() || value < 1 || value > most) {
    return bad_parameter(name, "it is not a number from 1 to " + std::to_string(most));
  }
  return value;
}

/// A misspelt parameter would silently list more than was asked for.
Result<void> only_parameters(const Target& target, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : target.query) {
    if (std::ranges::find(known, name) == known.end()) {
      std::string list;
      for (const auto& each : known) list.append(list.empty() ? "" : ", ").append(each);
      return bad_parameter(name, known.size() == 0 ? "none is known here" : "known are: " + list);
    }
  }
  return {};
}

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

Response answer(const Result<Json>& json) {
  return json ? json_response(200, *json) : response_for(json.error());
}

Response not_allowed(const char* allowed) {
  Response response = error_response(405, "request.method", std::string("allowed here: ") + allowed);
  response.headers["Allow"] = allowed;
  return response;
}

Response no_host() {
  return error_response(404, "host.unknown", "no host of this id has reported");
}

}  // namespace

Response response_for(const Error& error) {
  if (error.code.starts_with("store.")) {
    spdlog::error("{}", error.message());
    Response response = error_response(503, error.code, "the server cannot use its database now; try later");
    response.headers["Retry-After"] = "60";
    return response;
  }
  const int status = error.code == "json.too-large" ? 413 : 400;
  return error_response(status, error.code, error.what + ": " + error.why);
}

Response Api::handle(const Request& request) const {
  const auto target = parse_target(request.target);
  if (!target) return response_for(target.error());
  return route(request, *target);
}

Response Api::route(const Request& request, const Target& target) const {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  std::string_view path = target.path;
  if (path == "/api/v1/reports") {
    return request.method == "POST" ? take_report(request) : not_allowed("POST");
  }
  const bool host = path.starts_with(kHostsPath) && path.substr(kHostsPath.size()).starts_with('/');
  const bool known = host || path == kHostsPath || path == "/api/v1/summary" || path == "/healthz";
  if (!known) return error_response(404, "request.path", "there is nothing at this path");
  if (!reads) return not_allowed("GET, HEAD");
  if (path == "/healthz") return show_health();
  if (path == "/api/v1/summary") return show_summary();
  if (path == kHostsPath) return list_hosts(target);

  path.remove_prefix(kHostsPath.size() + 1);
  const std::string_view host_id = path.substr(0, path.find('/'));
  const std::string_view rest = path.substr(host_id.size());
  if (!rest.empty() && rest != "/reports") {
    return error_response(404, "request.path", "there is nothing at this path");
  }
  if (!is_host_id(host_id)) return no_host();
  return rest.empty() ? show_host(host_id) : list_reports(host_id, target);
}

bool Api::may_report(const Request& request) const {
  return report_token_.empty() || carries_token(request.authorization, report_token_);
}

Response Api::take_report(const Request& request) const {
  if (!may_report(request)) {
    Response response = error_response(401, "request.token", "reports to this server need its bearer token");
    response.headers["WWW-Authenticate"] = "Bearer";
    return response;
  }
  if (media_type(request.content_type) != "application/json" || !request.content_encoding.empty()) {
    return error_response(415, "request.media-type", "a report is application/json, without an encoding");
  }
  const auto report = parse_host_report(request.body);
  if (!report) return response_for(report.error());
  if (const auto added = store_.add(*report, clock_()); !added) return response_for(added.error());
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
  return *host ? answer(host_json(**host)) : no_host();
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

}  // namespace suture::server
