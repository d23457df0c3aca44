// SPDX-License-Identifier: Apache-2.0
//
// The part of the API that hands out tokens and shows what was done.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/json.h"
#include "server/access_json.h"
#include "server/api.h"
#include "server/parameters.h"

namespace suture::server {
namespace {

Response no_such_token() {
  return error_response(404, "token.unknown", "there is no token of this number");
}

std::optional<std::int64_t> token_id(std::string_view text) {
  std::int64_t id = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (wrong != std::errc{} || end != text.data() + text.size() || id < 1) return std::nullopt;
  return id;
}

/// The first scope of the new token that its maker does not have: a token hands on what it holds, no more.
std::optional<Scope> beyond(const Token& maker, const NewToken& wanted) {
  for (const Scope scope : kScopes) {
    if (allows(wanted.role, wanted.scopes, scope) && !allows(maker.role, maker.scopes, scope)) return scope;
  }
  return std::nullopt;
}

}  // namespace

Response Api::list_tokens(const Target& target) const {
  return answer([&]() -> Result<Json> {
    TRY(only_parameters(target, {"limit", "after"}));
    const auto limit = TRY(number_parameter(target, "limit", kPerPage, kMostPerPage));
    const auto after = TRY(number_parameter(target, "after", 0, INT64_MAX));
    const auto page = TRY(access_.store().tokens(after, static_cast<std::uint32_t>(limit)));
    Json tokens = Json::array();
    for (const Token& token : page.items) tokens.push_back(to_json(token));
    Json next = nullptr;
    if (page.more) next = page.items.back().id;
    return Json{{"tokens", std::move(tokens)}, {"next", std::move(next)}};
  }());
}

Response Api::add_token(const Caller& caller, const Request& request) const {
  if (media_type(request.content_type) != "application/json" || !request.content_encoding.empty()) {
    return error_response(415, "request.media-type", "a token is application/json, without an encoding");
  }
  const auto wanted = parse_new_token(request.body);
  if (!wanted) return response_for(wanted.error());
  if (const auto scope = caller.token ? beyond(*caller.token, *wanted) : kScopes.front()) {
    access_.note_refusal(caller.name, request, "access.scope", clock_());
    return error_response(
        403, "access.scope",
        fmt::format("a token without the scope {} cannot make one with it", name_of(*scope)));
  }
  const auto added = access_.store().add(*wanted, caller.name, clock_());
  if (!added) return response_for(added.error());
  Json token = to_json(added->token);
  token["secret"] = added->secret;
  return json_response(201, token);
}

Response Api::revoke_token(const Caller& caller, std::string_view id) const {
  const auto number = token_id(id);
  if (!number) return no_such_token();
  const auto token = access_.store().revoke(*number, caller.name, clock_());
  if (!token) return response_for(token.error());
  return *token ? json_response(200, to_json(**token)) : no_such_token();
}

Response Api::show_audit(const Target& target) const {
  return answer([&]() -> Result<Json> {
    TRY(only_parameters(target, {"limit", "after"}));
    const auto limit = TRY(number_parameter(target, "limit", kPerPage, kMostPerPage));
    const auto before = TRY(number_parameter(target, "after", INT64_MAX, INT64_MAX));
    const auto page = TRY(access_.store().entries(before, static_cast<std::uint32_t>(limit)));
    Json entries = Json::array();
    for (const AuditEntry& entry : page.items) entries.push_back(to_json(entry));
    Json next = nullptr;
    if (page.more) next = page.items.back().number;
    return Json{{"entries", std::move(entries)}, {"next", std::move(next)}};
  }());
}

}  // namespace suture::server
