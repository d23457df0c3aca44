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
  // The token is what new hosts are taken by. Whether the signature holds is seen when the report is read.
  const bool known = match.route->handler == take_report && is_of_known_host(call);
  if (!known) {
    auto admitted = services_.access.admit(*match.route, request, call.now);
    if (auto* refusal = std::get_if<Response>(&admitted)) return std::move(*refusal);
    call.caller = std::get<Caller>(std::move(admitted));
  }
  return match.route->handler(call);
}

}  // namespace suture::server
