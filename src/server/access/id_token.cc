// SPDX-License-Identifier: Apache-2.0
#include "server/access/id_token.h"

#include <algorithm>

#include "base/json.h"
#include "server/access/jws.h"
#include "server/access/secret.h"

namespace suture::server {
namespace {

constexpr JsonLimits kLimits{.bytes = kMostToken, .depth = 8};
constexpr std::size_t kMostSubject = 255;
constexpr std::size_t kMostGroups = 1000;
/// A token is made for this login; one that was made long before is of another.
constexpr std::chrono::seconds kMostAge = std::chrono::minutes(10);

std::unexpected<Error> wrong(const char* claim, std::string why) {
  return fail("oidc.claims", std::string("check the claim ") + claim, std::move(why));
}

std::string text_of(const Json& claims, const char* name) {
  const auto found = claims.find(name);
  return found != claims.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// NumericDate, which may have a fraction.
Result<double> time_of(const Json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end() || !found->is_number()) return wrong(name, "it is not a time");
  return found->get<double>();
}

Result<void> check_audience(const Json& claims, const std::string& client) {
  const auto audience = claims.find("aud");
  bool ours = false;
  bool others = false;
  const auto look = [&](const Json& each) {
    const bool same = each.is_string() && each.get<std::string>() == client;
    ours = ours || same;
    others = others || !same;
  };
  if (audience != claims.end() && audience->is_array()) {
    for (const Json& each : *audience) look(each);
  } else if (audience != claims.end()) {
    look(*audience);
  }
  if (!ours) return wrong("aud", "the token is for another client");
  if (others && !claims.contains("azp"))
    return wrong("azp", "the token is for several, and does not say for whom it was made");
  if (claims.contains("azp") && text_of(claims, "azp") != client)
    return wrong("azp", "the token was made for another client");
  return {};
}

Result<void> check_times(const Json& claims, std::chrono::system_clock::time_point now) {
  const double second = std::chrono::duration<double>(now.time_since_epoch()).count();
  const auto skew = static_cast<double>(kIdTokenSkew.count());
  const double issued = TRY(time_of(claims, "iat"));
  // Written so that what is no number at all is wrong, too.
  if (!(TRY(time_of(claims, "exp")) + skew > second)) return wrong("exp", "the token has expired");
  if (!(issued <= second + skew)) return wrong("iat", "the token is of the future; look at both clocks");
  if (!(issued + static_cast<double>(kMostAge.count()) > second))
    return wrong("iat", "the token is an old one");
  if (claims.contains("nbf") && !(TRY(time_of(claims, "nbf")) <= second + skew)) {
    return wrong("nbf", "the token is not valid yet");
  }
  return {};
}

std::string name_of(const Json& claims) {
  std::string name = text_of(claims, "preferred_username");
  const auto verified = claims.find("email_verified");
  const bool email = verified != claims.end() && verified->is_boolean() && verified->get<bool>();
  return name.empty() && email ? text_of(claims, "email") : name;
}

/// A claim by its name, or, where there is none of that name, along the dots: "realm_access.roles".
const Json* claim_at(const Json& claims, std::string_view path) {
  if (!claims.is_object()) return nullptr;
  if (const auto whole = claims.find(path); whole != claims.end()) return &*whole;
  const auto dot = path.find('.');
  if (dot == path.npos) return nullptr;
  const auto inner = claims.find(path.substr(0, dot));
  return inner != claims.end() ? claim_at(*inner, path.substr(dot + 1)) : nullptr;
}

std::vector<std::string> groups_of(const Json& claims, const std::string& claim) {
  std::vector<std::string> groups;
  const Json* found = claim.empty() ? nullptr : claim_at(claims, claim);
  if (found == nullptr) return groups;
  if (found->is_string()) groups.push_back(found->get<std::string>());
  if (!found->is_array()) return groups;
  for (const Json& each : *found) {
    if (each.is_string() && groups.size() < kMostGroups) groups.push_back(each.get<std::string>());
  }
  return groups;
}

}  // namespace

Result<IdClaims> check_id_claims(std::string_view payload, const IdExpectation& wanted,
                                 std::chrono::system_clock::time_point now) {
  const auto claims = parse_json(payload, "a token's claims", kLimits);
  if (!claims || !claims->is_object())
    return fail("oidc.claims", "read a token's claims", "it is no JSON object");
  if (text_of(*claims, "iss") != wanted.issuer) return wrong("iss", "the token is of another issuer");
  TRY(check_audience(*claims, wanted.client_id));
  TRY(check_times(*claims, now));
  if (!same_secret(text_of(*claims, "nonce"), wanted.nonce))
    return wrong("nonce", "the token is of another login");
  IdClaims told{.subject = text_of(*claims, "sub"),
                .name = name_of(*claims),
                .groups = groups_of(*claims, wanted.role_claim)};
  if (told.subject.empty() || told.subject.size() > kMostSubject)
    return wrong("sub", "it does not say who it is");
  return told;
}

}  // namespace suture::server
