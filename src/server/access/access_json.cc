// SPDX-License-Identifier: Apache-2.0
#include "server/access/access_json.h"

#include <algorithm>
#include <array>

#include "base/json.h"

namespace suture::server {
namespace {

constexpr JsonLimits kLimits{.bytes = 4096, .depth = 3};

std::unexpected<Error> bad_schema(std::string why) {
  return fail("token.schema", "read a token to be made", std::move(why));
}

Json time_or_null(const std::string& time) {
  return time.empty() ? Json(nullptr) : Json(time);
}

Result<std::string> text_member(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) {
    return bad_schema(std::string("\"") + key + "\" is not a text");
  }
  return found->get<std::string>();
}

Result<Scopes> scopes_member(const Json& object) {
  const auto found = object.find("scopes");
  if (found == object.end() || found->is_null()) return Scopes();
  if (!found->is_array()) return bad_schema("\"scopes\" is neither a list nor null");
  Scopes scopes(std::in_place);
  for (const Json& each : *found) {
    if (!each.is_string()) return bad_schema("a scope is not a text");
    const Scope scope = TRY(scope_from_name(each.get<std::string>()));
    if (std::ranges::find(*scopes, scope) == scopes->end()) scopes->push_back(scope);
  }
  return scopes;
}

}  // namespace

Json to_json(const Token& token) {
  Json scopes = nullptr;
  if (token.scopes) {
    scopes = Json::array();
    for (const Scope scope : *token.scopes) scopes.push_back(name_of(scope));
  }
  return {{"id", token.id},
          {"name", token.name},
          {"role", name_of(token.role)},
          {"scopes", std::move(scopes)},
          {"created_at", token.created_at},
          {"expires_at", time_or_null(token.expires_at)},
          {"last_used_at", time_or_null(token.last_used_at)},
          {"revoked_at", time_or_null(token.revoked_at)}};
}

Json to_json(const AuditEntry& entry) {
  return {{"number", entry.number},
          {"time", entry.time},
          {"who", entry.event.who},
          {"action", entry.event.action},
          {"object", entry.event.object},
          {"result", entry.event.result},
          {"hash", entry.hash}};
}

Result<NewToken> parse_new_token(std::string_view text) {
  constexpr std::array<std::string_view, 4> kKnown{"name", "role", "scopes", "expires_at"};
  const Json json = TRY(parse_json(text, "a token to be made", kLimits));
  if (!json.is_object()) return bad_schema("it is not an object");
  for (const auto& [key, value] : json.items()) {
    if (std::ranges::find(kKnown, key) == kKnown.end()) return bad_schema("\"" + key + "\" is not known");
  }
  NewToken wanted;
  wanted.name = TRY(text_member(json, "name"));
  wanted.role = TRY(role_from_name(TRY(text_member(json, "role"))));
  wanted.scopes = TRY(scopes_member(json));
  const auto expires = json.find("expires_at");
  if (expires != json.end() && !expires->is_null()) {
    wanted.expires_at = TRY(text_member(json, "expires_at"));
    if (wanted.expires_at.empty()) return bad_schema("\"expires_at\" is empty");
  }
  return wanted;
}

}  // namespace suture::server
