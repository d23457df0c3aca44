// SPDX-License-Identifier: Apache-2.0
//
// The API under /api/v1/ and /healthz: request in, response out, without sockets. A request finds its route,
// passes the gate, and goes to the route's handler. docs/server-api.md is its description for users. Bodies
// arrive whole; the wire has bounded them.
#pragma once

#include <span>
#include <vector>

#include "server/call.h"
#include "server/fleet/report_api.h"
#include "server/routes.h"

namespace suture::server {

class Api {
 public:
  explicit Api(Services services) : services_(std::move(services)) {}

  /// Safe to call from several threads.
  Response handle(const Request& request) const;

  /// A report on its way in: what it says was read, the store was not asked yet.
  struct Report {
    Request request;
    Target target;
    Store::Time now;
    ReadReport read;
  };
  /// Whether the request is a report, of which many share one write.
  static bool is_report(const Request& request, const Target& target);
  /// What handle() does, in two steps: the first from any thread and without a look at the database; the
  /// second for many at once, an answer for each.
  Report read_report(Request request, Target target) const;
  std::vector<Response> take_reports(std::span<Report> reports) const;

 private:
  Response admit_and_act(RouteMatch match, const Request& request, const Target& target) const;
  std::optional<Response> gate(Call& call, const Route& route) const;

  Services services_;
};

}  // namespace suture::server
