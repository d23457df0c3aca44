// SPDX-License-Identifier: Apache-2.0
#include "server/access/totp_api.h"

#include "base/json.h"
#include "server/access/login.h"
#include "server/access/qr_code.h"
#include "server/access/session_api.h"
#include "server/access/session_gate.h"
#include "server/access/totp.h"
#include "server/access/user_json.h"

namespace suture::server {
namespace {

Response not_local() {
  return error_response(400, "user.not-local", "who logs in by single sign-on has the second factor there");
}

Response wrong_code() {
  return error_response(400, "user.code", "this is not the code that the authenticator shows now");
}

/// Nothing when the body holds the password of whoever is logged in.
std::optional<Response> refuse_password(const Call& call, const std::string& password) {
  const User& user = call.caller.session->user;
  const auto tried =
      check_password_again(*call.services.people, user, password, call.request.client, call.now);
  if (!tried) return response_for(tried.error());
  if (*tried) return refuse_login(call, user.name, **tried);
  return std::nullopt;
}

}  // namespace

/// The password is asked for once more: whoever sets up a second factor keeps everybody else out.
Response offer_totp(const Call& call) {
  const User& user = call.caller.session->user;
  if (!user.local) return not_local();
  if (auto refusal = refuse_media_type(call.request, "a password")) return *std::move(refusal);
  const auto password = parse_password(call.request.body);
  if (!password) return response_for(password.error());
  if (auto refusal = refuse_password(call, *password)) return *std::move(refusal);
  return answer([&]() -> Result<Json> {
    const std::string secret = TRY(new_totp_secret());
    const std::string uri = totp_uri(user.name, secret);
    const QrCode code = TRY(QrCode::of(uri));
    TRY(call.services.people->users.offer_totp(user.id, secret));
    return Json{
        {"secret", secret}, {"uri", uri}, {"qr", {{"size", code.size() + 8}, {"path", code.svg_path()}}}};
  }());
}

Response confirm_totp(const Call& call) {
  const User& user = call.caller.session->user;
  People& people = *call.services.people;
  if (auto refusal = refuse_media_type(call.request, "a code")) return *std::move(refusal);
  const auto code = parse_code(call.request.body);
  if (!code) return response_for(code.error());
  const auto secret = people.users.offered_totp(user.id);
  if (!secret) return response_for(secret.error());
  const auto step = totp_step_of(*secret, *code, call.now);
  if (secret->empty() || !step) return wrong_code();
  const auto taken = [&]() -> Result<std::optional<Json>> {
    const auto codes = TRY(new_recovery_codes());
    std::vector<std::string> hashes;
    for (const std::string& each : codes) hashes.push_back(recovery_hash(each).value_or(""));
    if (!TRY(people.users.take_totp(user.id, *secret, *step, hashes, call.caller.name, call.now)))
      return std::nullopt;
    return Json{{"recovery_codes", codes}};
  }();
  if (!taken) return response_for(taken.error());
  return *taken ? json_response(200, **taken) : wrong_code();
}

Response drop_totp(const Call& call) {
  const User& user = call.caller.session->user;
  People& people = *call.services.people;
  if (auto refusal = refuse_media_type(call.request, "a password")) return *std::move(refusal);
  const auto password = parse_password(call.request.body);
  if (!password) return response_for(password.error());
  if (auto refusal = refuse_password(call, *password)) return *std::move(refusal);
  const auto changed = people.users.change(user.id, {.drop_totp = true}, call.caller.name, call.now);
  if (!changed) return response_for(changed.error());
  Response response = json_response(200, {{"totp", false}});
  response.headers["Set-Cookie"] = no_session_cookie(people.policy);
  return response;
}

}  // namespace suture::server
