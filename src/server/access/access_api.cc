// SPDX-License-Identifier: Apache-2.0
#include "server/access/access_api.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "server/access/access_json.h"
#include "server/parameters.h"

namespace suture::server {
namespace {

Response no_such_token() {
  return error_response(404, "token.unknown", "there is no token of this number");
}

}  // namespace

Response list_tokens(const Call& call) {
  return answer([&]() -> Result<Json> {
    TRY(only_parameters(call.target, {"limit", "after"}));
    const auto limit = TRY(number_parameter(call.target, "limit", kPerPage, kMostPerPage));
    const auto after = TRY(number_parameter(call.target, "after", 0, INT64_MAX));
    const auto page = TRY(call.services.access.store().tokens(after, static_cast<std::uint32_t>(limit)));
    Json tokens = Json::array();
    for (const Token& token : page.items) tokens.push_back(to_json(token));
    Json next = nullptr;
    if (page.more) next = page.items.back().id;
    return Json{{"tokens", std::move(tokens)}, {"next", std::move(next)}};
  }());
}

Response add_token(const Call& call) {
  if (auto refusal = refuse_media_type(call.request, "a token")) return *std::move(refusal);
  const auto wanted = parse_new_token(call.request.body);
  if (!wanted) return response_for(wanted.error());
  if (const auto scope = beyond(call.caller.rights, {wanted->role, wanted->scopes})) {
    call.services.access.note_refusal(call.caller.name, call.request, "access.scope", call.now);
    return error_response(
        403, "access.scope",
        fmt::format("whoever lacks the scope {} cannot make a token with it", name_of(*scope)));
  }
  const auto added = call.services.access.store().add(*wanted, call.caller.name, call.now);
  if (!added) return response_for(added.error());
  Json token = to_json(added->token);
  token["secret"] = added->secret;
  return json_response(201, token);
}

Response revoke_token(const Call& call) {
  const auto number = number_of_path(call.id);
  if (!number) return no_such_token();
  const auto token = call.services.access.store().revoke(*number, call.caller.name, call.now);
  if (!token) return response_for(token.error());
  return *token ? json_response(200, to_json(**token)) : no_such_token();
}

Response show_audit(const Call& call) {
  return answer([&]() -> Result<Json> {
    TRY(only_parameters(call.target, {"limit", "after"}));
    const auto limit = TRY(number_parameter(call.target, "limit", kPerPage, kMostPerPage));
    const auto before = TRY(number_parameter(call.target, "after", INT64_MAX, INT64_MAX));
    const auto page = TRY(call.services.access.store().entries(before, static_cast<std::uint32_t>(limit)));
    Json entries = Json::array();
    for (const AuditEntry& entry : page.items) entries.push_back(to_json(entry));
    Json next = nullptr;
    if (page.more) next = page.items.back().number;
    return Json{{"entries", std::move(entries)}, {"next", std::move(next)}};
  }());
}

}  // namespace suture::server
