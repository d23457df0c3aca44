// SPDX-License-Identifier: Apache-2.0
//
// The API under /api/v1/ and /healthz: request in, response out, without sockets. A request finds its route,
// passes the gate, and goes to the route's handler. docs/server-api.md is its description for users. Bodies
// arrive whole; the wire has bounded them.
#pragma once

#include "server/call.h"
#include "server/routes.h"

namespace suture::server {

class Api {
 public:
  explicit Api(Services services) : services_(std::move(services)) {}

  /// Safe to call from several threads.
  Response handle(const Request& request) const;

 private:
  Response admit_and_act(RouteMatch match, const Request& request, const Target& target) const;

  Services services_;
};

}  // namespace suture::server
