// SPDX-License-Identifier: Apache-2.0
#include "server/access/access.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "server/access/secret.h"
#include "server/access/session_gate.h"
#include "server/api.h"

namespace suture::server {
namespace {

/// What an Authorization header carries; empty for another scheme, or none.
std::string_view bearer_of(std::string_view authorization) {
  constexpr std::string_view kScheme = "Bearer ";
  return authorization.starts_with(kScheme) ? authorization.substr(kScheme.size()) : std::string_view();
}

Response no_token(std::string_view message) {
  Response response = error_response(401, "request.token", message);
  response.headers["WWW-Authenticate"] = "Bearer";
  return response;
}

Response dead_token(std::string_view code, std::string_view message) {
  Response response = error_response(401, code, message);
  response.headers["WWW-Authenticate"] = "Bearer error=\"invalid_token\"";
  return response;
}

Response forbidden(std::string_view code, Scope scope, const std::string& message) {
  Response response = error_response(403, code, message);
  response.headers["WWW-Authenticate"] =
      fmt::format("Bearer error=\"insufficient_scope\", scope=\"{}\"", name_of(scope));
  return response;
}

std::string_view words_for(Scope scope, bool closed) {
  switch (scope) {
    case Scope::kReportsWrite:
      return "reports to this server need its bearer token";
    case Scope::kWake:
      return "an urgent call needs the operator's bearer token";
    case Scope::kHostsWrite:
      return "to forget a host's key needs the operator's bearer token";
    case Scope::kHostsRead:
    case Scope::kMetricsRead:
    case Scope::kRolloutsRead:
      break;
    case Scope::kRolloutsWrite:
    case Scope::kRolloutsApprove:
    case Scope::kTokensManage:
    case Scope::kUsersManage:
    case Scope::kAuditRead:
    case Scope::kNotificationsManage:
      if (!closed) {
        return "there is no token and no user yet; make the first on the server: suture-server user add";
      }
  }
  return "this needs a bearer token, or a session";
}

Response no_session() {
  Response response = error_response(401, "session.none", "nobody is logged in here, or not any more");
  response.headers["WWW-Authenticate"] = "Session";
  return response;
}

}  // namespace

Result<bool> Access::closed() {
  if (TRY(store_.any_token())) return true;
  return people_ != nullptr && TRY(people_->users.any());
}

std::variant<Caller, Response> Access::admit(const Route& route, const Request& request, Time now) {
  auto decision = decide(route, request, now);
  if (!decision) return response_for(decision.error());
  return *std::move(decision);
}

/// What anybody may, with whatever they carry.
bool Access::needs_nothing(Scope scope, bool closed) const {
  if (scope == Scope::kReportsWrite) return files_.report.empty();
  const bool to_look =
      scope == Scope::kHostsRead || scope == Scope::kMetricsRead || scope == Scope::kRolloutsRead;
  return to_look && !closed;
}

Result<std::variant<Caller, Response>> Access::decide(const Route& route, const Request& request, Time now) {
  if (is_open(route)) return Caller{};
  const bool shut = TRY(closed());
  if (!route.of_session() && needs_nothing(*route.scope, shut)) return Caller{};
  const std::string_view secret = bearer_of(request.authorization);
  const std::string_view cookie =
      people_ != nullptr && secret.empty() ? session_secret(request, people_->policy) : std::string_view();
  if (!cookie.empty()) {
    auto session = TRY(people_->sessions.find(cookie, now));
    if (!session) return no_session();
    return check_session(*std::move(session), route, request, now);
  }
  if (!route.scope) return no_session();
  if (shut) {
    // Asked before the throttle: nobody guesses 32 random bytes, and a right token must work also for those
    // who share their address with somebody who tries.
    if (const auto token = TRY(store_.find(secret))) return check_token(*token, *route.scope, request, now);
  }
  return check_file(*route.scope, secret, shut, request, now);
}

std::variant<Caller, Response> Access::check_session(Session session, const Route& route,
                                                     const Request& request, Time now) {
  std::string who = "user " + session.user.name;
  if (changes_something(request.method) && !is_from_our_page(request, people_->policy)) {
    note_refusal(who, request, "session.origin", now);
    return error_response(403, "session.origin", "the request does not come from this server's page");
  }
  if (changes_something(request.method) && !same_secret(request.csrf_token, session.csrf)) {
    note_refusal(who, request, "session.csrf", now);
    return error_response(403, "session.csrf", "X-CSRF-Token is not the one of this session");
  }
  Rights rights{session.user.role, session.user.scopes};
  if (route.scope) {
    if (people_->policy.require_totp && session.user.local && !session.user.totp) {
      return error_response(403, "session.totp-required",
                            "this server wants a second factor; set one up first");
    }
    if (auto refusal = refuse_rights(rights, *route.scope, who, "this user", request, now))
      return *std::move(refusal);
  }
  return Caller{.name = std::move(who), .rights = std::move(rights), .session = std::move(session)};
}

std::optional<Response> Access::refuse_rights(const Rights& rights, Scope scope, const std::string& who,
                                              std::string_view holder, const Request& request, Time now) {
  if (rights.role < least_role(scope)) {
    note_refusal(who, request, "access.role", now);
    return forbidden("access.role", scope,
                     fmt::format("the scope {} needs the role {}; {} has the role {}", name_of(scope),
                                 name_of(least_role(scope)), holder, name_of(rights.role)));
  }
  if (allows(rights.role, rights.scopes, scope)) return std::nullopt;
  note_refusal(who, request, "access.scope", now);
  return forbidden("access.scope", scope, fmt::format("{} lacks the scope {}", holder, name_of(scope)));
}

std::variant<Caller, Response> Access::check_token(const Token& token, Scope scope, const Request& request,
                                                   Time now) {
  std::string who = fmt::format("token {} {}", token.id, token.name);
  if (token.revoked()) {
    note_refusal(std::move(who), request, "access.revoked", now);
    return dead_token("access.revoked", "this token was revoked");
  }
  if (token.expired(now)) {
    note_refusal(std::move(who), request, "access.expired", now);
    return dead_token("access.expired", "this token has expired");
  }
  Rights rights{token.role, token.scopes};
  if (auto refusal = refuse_rights(rights, scope, who, "this token", request, now))
    return *std::move(refusal);
  // It may be a full disk; what was asked for may well be possible without.
  if (const auto noted = store_.note_use(token, now); !noted) spdlog::warn("{}", noted.error().message());
  return Caller{.name = std::move(who), .rights = std::move(rights)};
}

std::variant<Caller, Response> Access::check_file(Scope scope, std::string_view secret, bool closed,
                                                  const Request& request, Time now) {
  if (secret.empty()) return no_token(words_for(scope, closed));
  if (throttle_.holds_back(request.client, now)) {
    Response response =
        error_response(429, "access.throttled", "too many wrong tokens came from this address");
    response.headers["Retry-After"] = "60";
    return response;
  }
  if (scope == Scope::kReportsWrite && carries_token(request.authorization, files_.report)) {
    return Caller{.name = "report-token-file"};
  }
  const bool of_operators = scope == Scope::kWake || scope == Scope::kHostsWrite;
  if (of_operators && !files_.wake.empty() && carries_token(request.authorization, files_.wake)) {
    return Caller{.name = "wake-token-file"};
  }
  if (throttle_.wrong(request.client, now)) {
    note_refusal("anonymous " + request.client, request, "access.throttled", now);
  }
  return no_token(words_for(scope, closed));
}

void Access::note_refusal(std::string who, const Request& request, std::string_view code, Time now) {
  if (refusals_.holds_back("", now)) return;
  refusals_.wrong("", now);
  spdlog::warn("{} {} refused to {}: {}", request.method, request.target, who, code);
  record({.who = std::move(who),
          .action = "access.refused",
          .object = request.method + " " + request.target,
          .result = std::string(code)},
         now);
}

void Access::note_failed_login(AuditEvent event, Time now) {
  if (failed_logins_.holds_back("", now)) return;
  failed_logins_.wrong("", now);
  spdlog::warn("login of {} refused to {}: {}", event.object, event.who, event.result);
  record(std::move(event), now);
}

void Access::record(AuditEvent event, Time now) {
  const auto recorded = store_.record(std::move(event), now);
  if (!recorded) spdlog::error("{}", recorded.error().message());
}

}  // namespace suture::server
