// SPDX-License-Identifier: Apache-2.0
#include "server/access/user_json.h"

#include <algorithm>
#include <initializer_list>

#include "base/json.h"

namespace suture::server {
namespace {

constexpr JsonLimits kLimits{.bytes = 8192, .depth = 3};

std::unexpected<Error> bad_schema(std::string why) {
  return fail("user.schema", "read what is asked for", std::move(why));
}

Json time_or_null(const std::string& time) {
  return time.empty() ? Json(nullptr) : Json(time);
}

Result<Json> object_of(std::string_view text, std::initializer_list<std::string_view> known) {
  // The parser's own words may quote a piece of the text, which may be of a password.
  auto json = parse_json(text, "what is asked for", kLimits);
  if (!json && json.error().code == "json.too-large") return std::unexpected(json.error());
  if (!json) return bad_schema("it is not JSON");
  if (!json->is_object()) return bad_schema("it is not an object");
  for (const auto& [key, value] : json->items()) {
    if (std::ranges::find(known, key) == known.end())
      return bad_schema("there is a member that is not known");
  }
  return *std::move(json);
}

bool is_absent(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null();
}

Result<std::string> text_member(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string())
    return bad_schema(std::string("\"") + key + "\" is not a text");
  return found->get<std::string>();
}

Result<bool> flag_member(const Json& object, const char* key) {
  if (!object.at(key).is_boolean())
    return bad_schema(std::string("\"") + key + "\" is neither true nor false");
  return object.at(key).get<bool>();
}

Result<Scopes> scopes_member(const Json& object) {
  if (is_absent(object, "scopes")) return Scopes();
  if (!object.at("scopes").is_array()) return bad_schema("\"scopes\" is neither a list nor null");
  Scopes scopes(std::in_place);
  for (const Json& each : object.at("scopes")) {
    if (!each.is_string()) return bad_schema("a scope is not a text");
    const Scope scope = TRY(scope_from_name(each.get<std::string>()));
    if (std::ranges::find(*scopes, scope) == scopes->end()) scopes->push_back(scope);
  }
  return scopes;
}

}  // namespace

Json to_json(const User& user) {
  Json scopes = nullptr;
  if (user.scopes) {
    scopes = Json::array();
    for (const Scope scope : *user.scopes) scopes.push_back(name_of(scope));
  }
  return {{"id", user.id},
          {"name", user.name},
          {"role", name_of(user.role)},
          {"scopes", std::move(scopes)},
          {"local", user.local},
          {"totp", user.totp},
          {"created_at", user.created_at},
          {"disabled_at", time_or_null(user.disabled_at)},
          {"login_at", time_or_null(user.login_at)}};
}

Json to_json(const Session& session) {
  Json scopes = Json::array();
  for (const Scope scope : kScopes) {
    if (allows(session.user.role, session.user.scopes, scope)) scopes.push_back(name_of(scope));
  }
  return {{"user", session.user.name},      {"role", name_of(session.user.role)},
          {"scopes", std::move(scopes)},    {"way", session.way},
          {"local", session.user.local},    {"totp", session.user.totp},
          {"begun_at", session.created_at}, {"csrf", session.csrf}};
}

Result<LoginTry> parse_login(std::string_view text) {
  const Json json = TRY(object_of(text, {"name", "password", "code"}));
  LoginTry login{.name = TRY(text_member(json, "name")), .password = TRY(text_member(json, "password"))};
  if (!is_absent(json, "code")) login.code = TRY(text_member(json, "code"));
  return login;
}

Result<OwnPassword> parse_own_password(std::string_view text) {
  const Json json = TRY(object_of(text, {"old", "new"}));
  return OwnPassword{.old_password = TRY(text_member(json, "old")),
                     .new_password = TRY(text_member(json, "new"))};
}

Result<std::string> parse_password(std::string_view text) {
  return text_member(TRY(object_of(text, {"password"})), "password");
}

Result<std::string> parse_code(std::string_view text) {
  return text_member(TRY(object_of(text, {"code"})), "code");
}

Result<NewUser> parse_new_user(std::string_view text) {
  const Json json = TRY(object_of(text, {"name", "role", "scopes", "password"}));
  return NewUser{.name = TRY(text_member(json, "name")),
                 .role = TRY(role_from_name(TRY(text_member(json, "role")))),
                 .scopes = TRY(scopes_member(json)),
                 .password = TRY(text_member(json, "password"))};
}

Result<UserChange> parse_user_change(std::string_view text) {
  const Json json = TRY(object_of(text, {"role", "scopes", "disabled", "password", "totp"}));
  if (json.empty()) return bad_schema("there is nothing to change");
  UserChange change;
  if (json.contains("role")) change.role = TRY(role_from_name(TRY(text_member(json, "role"))));
  if (json.contains("scopes")) change.scopes = TRY(scopes_member(json));
  if (json.contains("disabled")) change.disabled = TRY(flag_member(json, "disabled"));
  if (json.contains("password")) change.password = TRY(text_member(json, "password"));
  if (json.contains("totp")) {
    if (TRY(flag_member(json, "totp"))) return bad_schema("\"totp\" can only be taken away");
    change.drop_totp = true;
  }
  return change;
}

}  // namespace suture::server
