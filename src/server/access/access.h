// SPDX-License-Identifier: Apache-2.0
//
// The gate in front of every route: who asks, and whether they may.
//
// As long as neither a token nor a user was ever made, the server is open as it always was: everybody reads,
// reports need the token of --report-token-file if there is one, and an urgent call that of
// --wake-token-file. The first token or user closes it: reading needs a token or a session. The two files go
// on working. Reports without --report-token-file stay open, since agents that hold no token must not fall
// silent because an administrator made one.
//
// A token comes in a header that only its holder sends. A session comes in a cookie, which a browser sends
// whoever made it ask: session_gate.h has what it takes besides.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <variant>

#include "server/access/access_store.h"
#include "server/access/people.h"
#include "server/access/throttle.h"
#include "server/routes.h"
#include "server/wire/http.h"

namespace suture::server {

/// Tokens that the command line names; empty: none.
struct FileTokens {
  std::string report{};
  std::string wake{};  ///< an operator's: for hosts:write, too
};

/// Who may. Without rights: everybody may, or a file's token was right.
struct Caller {
  std::string name{};  ///< for the audit log: "token 3 ci", "user alice"
  std::optional<Rights> rights{};
  std::optional<Session> session{};  ///< of one who is logged in
};

class Access {
 public:
  using Time = Store::Time;

  /// `store` and `people` must outlive it. Without people nobody is logged in.
  Access(AccessStore& store, FileTokens files, Throttle::Limits throttle = {}, People* people = nullptr)
      : store_(store), people_(people), files_(std::move(files)), throttle_(throttle) {}

  AccessStore& store() const { return store_; }
  /// Whether anybody may, whatever they carry and whatever the database has.
  bool is_open(const Route& route) const {
    return !route.of_session() && (!route.scope || needs_nothing(*route.scope, true));
  }
  /// The caller, or the answer that says why not. Safe to call from several threads.
  std::variant<Caller, Response> admit(const Route& route, const Request& request, Time now);
  /// Into the log and the audit log, so many at a time.
  void note_refusal(std::string who, const Request& request, std::string_view code, Time now);
  /// As note_refusal(), of a login.
  void note_failed_login(AuditEvent event, Time now);
  /// For the log at the start: whether anyone may read. False also while the database cannot tell.
  bool open_to_all() { return !closed().value_or(true); }

 private:
  Result<bool> closed();
  Result<std::variant<Caller, Response>> decide(const Route& route, const Request& request, Time now);
  std::variant<Caller, Response> check_token(const Token& token, Scope scope, const Request& request,
                                             Time now);
  std::variant<Caller, Response> check_session(Session session, const Route& route, const Request& request,
                                               Time now);
  /// Nothing when these rights are enough. `holder` is who has them, in words: "this token".
  std::optional<Response> refuse_rights(const Rights& rights, Scope scope, const std::string& who,
                                        std::string_view holder, const Request& request, Time now);
  std::variant<Caller, Response> check_file(Scope scope, std::string_view secret, bool closed,
                                            const Request& request, Time now);
  bool needs_nothing(Scope scope, bool closed) const;

  void record(AuditEvent event, Time now);

  AccessStore& store_;
  People* people_;
  FileTokens files_;
  Throttle throttle_;
  /// Of refusals in the audit log: whoever is turned away must not fill the disk with it.
  Throttle refusals_{{.burst = 100, .refill = std::chrono::minutes(1), .addresses = 1}};
  Throttle failed_logins_{{.burst = 100, .refill = std::chrono::minutes(1), .addresses = 1}};
};

}  // namespace suture::server
