// SPDX-License-Identifier: Apache-2.0
//
// The API under /api/v1/ and /healthz: request in, response out, without sockets. docs/server-api.md is its
// description for users. Bodies arrive whole; the wire has bounded them.
#pragma once

#include <functional>

#include "server/http.h"
#include "server/store.h"

namespace suture::server {

class Api {
 public:
  using Clock = std::function<Store::Time()>;

  /// `store` must outlive the Api. With a `report_token`, reports must carry it as a bearer token.
  explicit Api(Store& store, std::string report_token = {}, Clock clock = &std::chrono::system_clock::now)
      : store_(store), report_token_(std::move(report_token)), clock_(std::move(clock)) {}

  /// Safe to call from several threads.
  Response handle(const Request& request) const;

 private:
  Response route(const Request& request, const Target& target) const;
  Response take_report(const Request& request) const;
  Response list_hosts(const Target& target) const;
  Response show_host(std::string_view host_id) const;
  Response list_reports(std::string_view host_id, const Target& target) const;
  Response show_summary() const;
  Response show_health() const;
  bool may_report(const Request& request) const;

  Store& store_;
  std::string report_token_;
  Clock clock_;
};

/// 503 for a store that is away, 413 for a document that is too long, 400 for what the client did wrong.
Response response_for(const Error& error);

}  // namespace suture::server
