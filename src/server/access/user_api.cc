// SPDX-License-Identifier: Apache-2.0
#include "server/access/user_api.h"

#include <fmt/format.h>

#include "base/json.h"
#include "server/access/password.h"
#include "server/access/user_json.h"
#include "server/parameters.h"

namespace suture::server {
namespace {

Response no_such_user() {
  return error_response(404, "user.unknown", "there is no user of this number");
}

/// Whoever may make users, but not all that these could do, would only have to make one and log in.
std::optional<Response> refuse_more_than_own(const Call& call, Role role, const Scopes& scopes) {
  const auto scope = beyond(call.caller.rights, {role, scopes});
  if (!scope) return std::nullopt;
  call.services.access.note_refusal(call.caller.name, call.request, "access.scope", call.now);
  return error_response(
      403, "access.scope",
      fmt::format("this takes the scope {}, which the caller does not have", name_of(*scope)));
}

/// The user that the path names, if the caller may do more than this one; else the answer.
std::variant<User, Response> user_of(const Call& call) {
  if (call.services.people == nullptr) return no_path();
  const auto id = number_of_path(call.id);
  if (!id) return no_such_user();
  const auto user = call.services.people->users.find(*id);
  if (!user) return response_for(user.error());
  if (!*user) return no_such_user();
  if (auto refusal = refuse_more_than_own(call, (*user)->role, (*user)->scopes)) return *std::move(refusal);
  return **user;
}

}  // namespace

Response list_users(const Call& call) {
  if (call.services.people == nullptr) return no_path();
  return answer([&]() -> Result<Json> {
    TRY(only_parameters(call.target, {"limit", "after"}));
    const auto limit = TRY(number_parameter(call.target, "limit", kPerPage, kMostPerPage));
    const auto after = TRY(number_parameter(call.target, "after", 0, INT64_MAX));
    const auto page = TRY(call.services.people->users.users(after, static_cast<std::uint32_t>(limit)));
    Json users = Json::array();
    for (const User& user : page.items) users.push_back(to_json(user));
    Json next = nullptr;
    if (page.more) next = page.items.back().id;
    return Json{{"users", std::move(users)}, {"next", std::move(next)}};
  }());
}

Response add_user(const Call& call) {
  if (call.services.people == nullptr) return no_path();
  if (auto refusal = refuse_media_type(call.request, "a user")) return *std::move(refusal);
  auto wanted = parse_new_user(call.request.body);
  if (!wanted) return response_for(wanted.error());
  if (auto refusal = refuse_more_than_own(call, wanted->role, wanted->scopes)) return *std::move(refusal);
  const auto added = [&]() -> Result<User> {
    TRY(check_new_password(wanted->password, wanted->name));
    wanted->password = TRY(hash_password(wanted->password));
    return call.services.people->users.add(*wanted, call.caller.name, call.now);
  }();
  return added ? json_response(201, to_json(*added)) : response_for(added.error());
}

Response change_user(const Call& call) {
  const auto named = user_of(call);
  if (const auto* refusal = std::get_if<Response>(&named)) return *refusal;
  if (auto refusal = refuse_media_type(call.request, "a change")) return *std::move(refusal);
  const User& user = std::get<User>(named);
  auto change = parse_user_change(call.request.body);
  if (!change) return response_for(change.error());
  const Role role = change->role.value_or(user.role);
  if (auto refusal = refuse_more_than_own(call, role, change->scopes.value_or(user.scopes)))
    return *std::move(refusal);
  const auto changed = [&]() -> Result<std::optional<User>> {
    if (change->password) {
      TRY(check_new_password(*change->password, user.name));
      change->password = TRY(hash_password(*change->password));
    }
    return call.services.people->users.change(user.id, *change, call.caller.name, call.now);
  }();
  if (!changed) return response_for(changed.error());
  return *changed ? json_response(200, to_json(**changed)) : no_such_user();
}

Response remove_user(const Call& call) {
  const auto named = user_of(call);
  if (const auto* refusal = std::get_if<Response>(&named)) return *refusal;
  const User& user = std::get<User>(named);
  const auto removed = call.services.people->users.remove(user.id, call.caller.name, call.now);
  if (!removed) return response_for(removed.error());
  return *removed ? json_response(200, {{"removed", true}}) : no_such_user();
}

Response end_sessions_of_user(const Call& call) {
  const auto named = user_of(call);
  if (const auto* refusal = std::get_if<Response>(&named)) return *refusal;
  const User& user = std::get<User>(named);
  const auto ended = call.services.people->sessions.end_all(user.id);
  if (!ended) return response_for(ended.error());
  const auto recorded = call.services.access.store().record(
      {call.caller.name, "session.end", fmt::format("user {}, {} sessions", user.name, *ended), "ok"},
      call.now);
  if (!recorded) return response_for(recorded.error());
  return json_response(200, {{"ended", *ended}});
}

}  // namespace suture::server
