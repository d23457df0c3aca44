// SPDX-License-Identifier: Apache-2.0
#include "server/api.h"

#include "server/fleet/report_api.h"
#include "server/routes.h"

namespace suture::server {
namespace {

Response not_allowed(const std::string& allowed) {
  Response response = error_response(405, "request.method", "allowed here: " + allowed);
  response.headers["Allow"] = allowed;
  return response;
}

}  // namespace

Response Api::handle(const Request& request) const {
  const auto target = parse_target(request.target);
  if (!target) return response_for(target.error());
  RouteMatch match = find_route(request.method, target->path);
  if (match.route == nullptr) return match.allowed.empty() ? no_path() : not_allowed(match.allowed);
  const Route& route = *match.route;
  Response response = admit_and_act(std::move(match), request, *target);
  response.route = &route;
  return response;
}

Response Api::admit_and_act(RouteMatch match, const Request& request, const Target& target) const {
  Call call{services_, request, target, std::move(match.id), {}, services_.clock()};
  if (auto refusal = gate(call, *match.route)) return *std::move(refusal);
  return match.route->handler(call);
}

std::optional<Response> Api::gate(Call& call, const Route& route) const {
  // The token is what new hosts are taken by. Whether the signature holds is seen when the report is read.
  const bool asks = !services_.access.is_open(route);
  if (asks && route.handler == take_report && is_of_known_host(services_, call.request)) return std::nullopt;
  auto admitted = services_.access.admit(route, call.request, call.now);
  if (auto* refusal = std::get_if<Response>(&admitted)) return std::move(*refusal);
  call.caller = std::get<Caller>(std::move(admitted));
  return std::nullopt;
}

bool Api::is_report(const Request& request, const Target& target) {
  return request.method == "POST" && target.path == kReportPath;
}

Api::Report Api::read_report(Request request, Target target) const {
  const auto now = services_.clock();
  auto read = server::read_report(services_, request, now);
  return {std::move(request), std::move(target), now, std::move(read)};
}

std::vector<Response> Api::take_reports(std::span<Report> reports) const {
  static const Route& route = *find_route("POST", kReportPath).route;
  std::vector<Response> answers(reports.size());
  std::vector<Call> calls;
  std::vector<std::size_t> places;
  std::vector<Incoming> incoming;
  for (std::size_t i = 0; i < reports.size(); ++i) {
    Report& report = reports[i];
    Call call{services_, report.request, report.target, {}, {}, report.now};
    if (auto refusal = gate(call, route)) {
      answers[i] = *std::move(refusal);
    } else if (auto* wrong = std::get_if<Response>(&report.read)) {
      answers[i] = std::move(*wrong);
    } else {
      calls.push_back(std::move(call));
      places.push_back(i);
      incoming.push_back(std::get<Incoming>(std::move(report.read)));
    }
  }
  const auto admissions = services_.store.add_all(incoming);
  for (std::size_t i = 0; i < places.size(); ++i) {
    answers[places[i]] = answer_report(calls[i], incoming[i], admissions[i]);
  }
  for (Response& answer : answers) answer.route = &route;
  return answers;
}

}  // namespace suture::server
