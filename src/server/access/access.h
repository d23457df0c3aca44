// SPDX-License-Identifier: Apache-2.0
//
// The gate in front of every route: who asks, and whether they may.
//
// As long as no token was ever made, the server is open as it always was: everybody reads, reports need the
// token of --report-token-file if there is one, and an urgent call that of --wake-token-file. The first
// token closes it: reading needs one. The two files go on working. Reports without --report-token-file stay
// open, since agents that hold no token must not fall silent because an administrator made one.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <variant>

#include "server/access/access_store.h"
#include "server/access/throttle.h"
#include "server/routes.h"
#include "server/wire/http.h"

namespace suture::server {

/// Tokens that the command line names; empty: none.
struct FileTokens {
  std::string report{};
  std::string wake{};  ///< an operator's: for hosts:write, too
};

/// Who may. Without a token: everybody may, or a file's token was right.
struct Caller {
  std::string name{};  ///< for the audit log
  std::optional<Token> token{};
};

class Access {
 public:
  using Time = Store::Time;

  /// `store` must outlive it.
  Access(AccessStore& store, FileTokens files, Throttle::Limits throttle = {})
      : store_(store), files_(std::move(files)), throttle_(throttle) {}

  AccessStore& store() const { return store_; }
  /// Whether anybody may, whatever they carry and whatever the database has.
  bool is_open(const Route& route) const { return !route.scope || needs_nothing(*route.scope, true); }
  /// The caller, or the answer that says why not. Safe to call from several threads.
  std::variant<Caller, Response> admit(const Route& route, const Request& request, Time now);
  /// Into the log and the audit log, so many at a time.
  void note_refusal(std::string who, const Request& request, std::string_view code, Time now);
  /// For the log at the start: whether anyone may read. False also while the database cannot tell.
  bool open_to_all() { return !store_.any_token().value_or(true); }

 private:
  Result<std::variant<Caller, Response>> decide(const Route& route, const Request& request, Time now);
  std::variant<Caller, Response> check_token(const Token& token, Scope scope, const Request& request,
                                             Time now);
  std::variant<Caller, Response> check_file(Scope scope, std::string_view secret, bool closed,
                                            const Request& request, Time now);
  bool needs_nothing(Scope scope, bool closed) const;

  AccessStore& store_;
  FileTokens files_;
  Throttle throttle_;
  /// Of refusals in the audit log: whoever is turned away must not fill the disk with it.
  Throttle refusals_{{.burst = 100, .refill = std::chrono::minutes(1), .addresses = 1}};
};

}  // namespace suture::server
