// SPDX-License-Identifier: Apache-2.0
//
// The API under /api/v1/ and /healthz: request in, response out, without sockets. docs/server-api.md is its
// description for users. Bodies arrive whole; the wire has bounded them.
#pragma once

#include <functional>

#include "server/access.h"
#include "server/http.h"
#include "server/store.h"
#include "server/wake.h"

namespace suture::server {

/// A report that was signed further off the server's clock is refused.
inline constexpr std::chrono::seconds kMostSkew = std::chrono::minutes(15);

class Api {
 public:
  using Clock = std::function<Store::Time()>;

  /// All that it is given must outlive it. Without a board nobody waits, and nobody is called. With
  /// `require_keys`, reports that are not signed (host_keys.h) are refused, whatever the host.
  Api(Store& store, Access& access, WakeBoard* board = nullptr, Clock clock = &std::chrono::system_clock::now,
      bool require_keys = false)
      : store_(store),
        access_(access),
        board_(board),
        clock_(std::move(clock)),
        require_keys_(require_keys) {}

  /// Safe to call from several threads.
  Response handle(const Request& request) const;

 private:
  Response route(const Request& request, const Target& target) const;
  Response act(const Route& route, const std::string& id, const Caller& caller, const Request& request,
               const Target& target) const;
  Response take_report(const Request& request) const;
  Response list_hosts(const Target& target) const;
  Response show_host(std::string_view host_id) const;
  Response list_reports(std::string_view host_id, const Target& target) const;
  Response show_summary() const;
  Response show_health() const;
  Response show_word(const Target& target) const;
  Response call_all(const Caller& caller) const;
  // host_key_api.cc
  bool is_of_known_host(const Request& request) const;
  std::optional<Response> admit(const Request& request, const HostReport& report) const;
  std::optional<Response> refuse_signature(const ReportSignature& signature, std::string_view body,
                                           Store::Time now) const;
  Result<Json> key_of(std::string_view host_id) const;
  Response forget_host_key(const Caller& caller, std::string_view host_id) const;
  // access_api.cc
  Response list_tokens(const Target& target) const;
  Response add_token(const Caller& caller, const Request& request) const;
  Response revoke_token(const Caller& caller, std::string_view id) const;
  Response show_audit(const Target& target) const;

  Store& store_;
  Access& access_;
  WakeBoard* board_;
  Clock clock_;
  bool require_keys_;
};

/// 503 for a store that is away, 413 for a document that is too long, 409 for a name that is taken, 400 for
/// what the client did wrong.
Response response_for(const Error& error);
/// 200 with the document, or what response_for() says.
Response answer(const Result<Json>& json);

}  // namespace suture::server
