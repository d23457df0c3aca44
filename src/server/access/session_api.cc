// SPDX-License-Identifier: Apache-2.0
#include "server/access/session_api.h"

#include <fmt/format.h>

#include "base/json.h"
#include "server/access/login.h"
#include "server/access/password.h"
#include "server/access/session_gate.h"
#include "server/access/user_json.h"

namespace suture::server {
namespace {

Response wrong_login() {
  Response response =
      error_response(401, "session.refused",
                     "the name, the password or the code is wrong; a code is needed where one is set up");
  response.headers["WWW-Authenticate"] = "Session";
  return response;
}

Response too_many_tries() {
  Response response = error_response(429, "session.throttled", "there were too many wrong tries; try later");
  response.headers["Retry-After"] = "60";
  return response;
}

Response from_elsewhere() {
  return error_response(403, "session.origin", "the request does not come from this server's page");
}

/// What may be said of a login before anything of it is looked at.
std::optional<Response> refuse_unread(const Call& call) {
  const LoginPolicy& policy = call.services.people->policy;
  if (auto refusal = refuse_media_type(call.request, "a login")) return refusal;
  if (!is_from_our_page(call.request, policy)) return from_elsewhere();
  if (!may_carry_passwords(call.request, policy)) {
    return error_response(
        403, "session.insecure",
        "a password would go over the network in the clear; let the server speak TLS, or say with "
        "--public-url where a proxy does");
  }
  return std::nullopt;
}

}  // namespace

Response refuse_login(const Call& call, const std::string& name, LoginRefusal why) {
  People& people = *call.services.people;
  const auto known = people.users.named(name);
  // What is typed for a name may be a password, so only those that exist are written down.
  const std::string object = known && *known ? "user " + name : "no user";
  const std::string code = why == LoginRefusal::kTooMany ? "session.throttled" : "session.refused";
  call.services.access.note_failed_login({"anonymous " + call.request.client, "session.begin", object, code},
                                         call.now);
  return why == LoginRefusal::kTooMany ? too_many_tries() : wrong_login();
}

Response begin_session(const Call& call, const User& user, std::string_view way, Response response) {
  People& people = *call.services.people;
  const auto begun = [&]() -> Result<std::string> {
    if (const auto old = TRY(people.sessions.find(session_secret(call.request, people.policy), call.now))) {
      TRY(people.sessions.end(old->id));
    }
    std::string secret = TRY(people.sessions.begin(user, way, call.now));
    TRY(call.services.access.store().record(
        {"user " + user.name, "session.begin", fmt::format("by {} from {}", way, call.request.client), "ok"},
        call.now));
    return secret;
  }();
  if (!begun) return response_for(begun.error());
  const Session session{.user = user,
                        .way = std::string(way),
                        .created_at = rfc3339(call.now),
                        .used_at = rfc3339(call.now),
                        .csrf = csrf_token(*begun)};
  if (response.status == 200) response = json_response(200, to_json(session));
  response.headers["Set-Cookie"] = session_cookie(*begun, people.sessions.limits().whole, people.policy);
  return response;
}

Response log_in(const Call& call) {
  if (call.services.people == nullptr) return no_path();
  if (auto refusal = refuse_unread(call)) return *std::move(refusal);
  const auto login = parse_login(call.request.body);
  if (!login) return response_for(login.error());
  const auto tried = try_login(*call.services.people, *login, call.request.client, call.now);
  if (!tried) return response_for(tried.error());
  if (const auto* why = std::get_if<LoginRefusal>(&*tried)) return refuse_login(call, login->name, *why);
  const auto& in = std::get<LoggedIn>(*tried);
  return begin_session(call, in.user, in.way, {});
}

Response show_login_ways(const Call& call) {
  const People* people = call.services.people;
  return json_response(
      200, {{"password", people != nullptr}, {"oidc", people != nullptr && people->oidc != nullptr}});
}

Response show_session(const Call& call) {
  return json_response(200, to_json(*call.caller.session));
}

Response log_out(const Call& call) {
  People& people = *call.services.people;
  const auto ended = people.sessions.end(call.caller.session->id);
  if (!ended) return response_for(ended.error());
  const auto recorded =
      call.services.access.store().record({call.caller.name, "session.end", "", "ok"}, call.now);
  if (!recorded) return response_for(recorded.error());
  Response response = json_response(200, {{"ended", true}});
  response.headers["Set-Cookie"] = no_session_cookie(people.policy);
  return response;
}

/// The old password is asked for once more: a browser left alone for a minute must not be enough.
Response change_own_password(const Call& call) {
  People& people = *call.services.people;
  if (auto refusal = refuse_media_type(call.request, "a change of password")) return *std::move(refusal);
  const auto wanted = parse_own_password(call.request.body);
  if (!wanted) return response_for(wanted.error());
  const User& user = call.caller.session->user;
  const auto tried = check_password_again(people, user, wanted->old_password, call.request.client, call.now);
  if (!tried) return response_for(tried.error());
  if (*tried) return refuse_login(call, user.name, **tried);
  const auto changed = [&]() -> Result<void> {
    TRY(check_new_password(wanted->new_password, user.name));
    UserChange change;
    change.password = TRY(hash_password(wanted->new_password));
    TRY(people.users.change(user.id, change, call.caller.name, call.now));
    return {};
  }();
  if (!changed) return response_for(changed.error());
  Response response = json_response(200, {{"changed", true}});
  response.headers["Set-Cookie"] = no_session_cookie(people.policy);
  return response;
}

}  // namespace suture::server
