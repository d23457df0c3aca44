// SPDX-License-Identifier: Apache-2.0
#include "server/access/oidc_api.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/json.h"
#include "server/access/oidc.h"
#include "server/access/secret.h"
#include "server/access/session_api.h"
#include "server/access/session_gate.h"

namespace suture::server {
namespace {

/// A person sits in front of this one, not a program: back to the page, which says why.
Response to_page(std::string_view code) {
  Response response = error_response(303, code, "the login did not succeed");
  response.headers["Location"] = fmt::format("/?login={}", code);
  return response;
}

std::string parameter(const Target& target, const char* name) {
  const auto found = target.query.find(name);
  return found == target.query.end() ? std::string() : found->second;
}

/// The code of a login that this browser began, or why not.
Result<std::string> code_of(const Call& call, std::string_view secret) {
  const auto refused = [](std::string code, std::string why) {
    return fail(std::move(code), "finish a login", std::move(why));
  };
  if (secret.empty() || !Oidc::is_state(secret, parameter(call.target, "state"))) {
    return refused("oidc.state", "this browser has not begun it, or too long ago");
  }
  // A provider that says who it is says who mixed the answers up (RFC 9207).
  const auto issuer = call.target.query.find("iss");
  if (issuer != call.target.query.end() && issuer->second != call.services.people->oidc->options().issuer) {
    return refused("oidc.provider", "another identity provider answers");
  }
  std::string code = parameter(call.target, "code");
  if (call.target.query.contains("error"))
    return refused("oidc.denied", "the identity provider has not let them in");
  if (code.empty()) return refused("oidc.provider", "the identity provider gives no code");
  return code;
}

Result<User> sign_on(const Call& call, std::string_view secret) {
  People& people = *call.services.people;
  const std::string code = TRY(code_of(call, secret));
  const IdClaims claims = TRY(people.oidc->finish(secret, code, call.now));
  const auto role = role_of_groups(people.oidc->options(), claims.groups);
  if (!role) {
    return fail("oidc.no-role", "finish a login", "none of " + claims.name + "'s groups has a role here");
  }
  const std::string subject = people.oidc->options().issuer + " " + claims.subject;
  return people.users.sign_on(subject, claims.name, *role, call.request.client, call.now);
}

}  // namespace

Response begin_sign_on(const Call& call) {
  if (call.services.people == nullptr || !call.services.people->oidc) return no_path();
  People& people = *call.services.people;
  const auto secret = random_digits();
  if (!secret) return response_for(secret.error());
  const auto url = people.oidc->login_url(*secret, call.now);
  if (!url) {
    spdlog::error("{}", url.error().message());
    return to_page(url.error().code);
  }
  Response response = json_response(303, {{"login", "goes on"}});
  response.headers["Location"] = *url;
  response.headers["Set-Cookie"] = sign_on_cookie(*secret, people.policy);
  return response;
}

Response finish_sign_on(const Call& call) {
  if (call.services.people == nullptr || !call.services.people->oidc) return no_path();
  People& people = *call.services.people;
  const auto user = sign_on(call, sign_on_secret(call.request, people.policy));
  if (!user && user.error().code.starts_with("store.")) return response_for(user.error());
  if (!user) {
    spdlog::warn("{}", user.error().message());
    call.services.access.note_failed_login(
        {"anonymous " + call.request.client, "session.begin", "by single sign-on", user.error().code},
        call.now);
    return to_page(user.error().code);
  }
  Response response = json_response(303, {{"login", "goes on"}});
  response.headers.emplace("Location", "/");
  return begin_session(call, *user, "oidc", std::move(response));
}

}  // namespace suture::server
