// SPDX-License-Identifier: Apache-2.0
#include "server/access/oidc.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"
#include "base/json.h"
#include "fetch/http_call.h"
#include "server/access/secret.h"

namespace suture::server {
namespace {

using std::chrono::seconds;

constexpr seconds kFresh = std::chrono::hours(1);
constexpr seconds kKeysApart =
    std::chrono::minutes(1);  ///< whoever sends tokens of unknown keys makes us ask
constexpr seconds kPause{15};
constexpr std::size_t kMostAnswer = 64u << 10;
constexpr JsonLimits kLimits{.bytes = kMostAnswer, .depth = 16};

HttpOptions way() {
  return {.connect = seconds(5), .whole = seconds(10)};
}

std::unexpected<Error> bad_provider(std::string why) {
  return fail("oidc.provider", "talk to the identity provider", std::move(why));
}

std::string derived(std::string_view secret, std::string_view use) {
  return sha256_hex(as_bytes(fmt::format("suture oidc {} {}", use, secret)));
}

std::string challenge_of(std::string_view verifier) {
  const auto digest = from_hex(sha256_hex(as_bytes(verifier)));
  return to_base64url(*digest);
}

/// "127.0.0.1" of "http://127.0.0.1:8080/path".
std::string_view host_of(std::string_view url) {
  url.remove_prefix(std::min(url.size(), url.find("://") + 3));
  url = url.substr(0, url.find_first_of("/?#"));
  if (url.find('@') != url.npos) return {};
  if (url.starts_with('[')) return url.substr(0, url.find(']') + 1);
  return url.substr(0, url.find(':'));
}

Result<std::string> url_member(const Json& json, const char* name) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_string())
    return bad_provider(fmt::format("it does not tell its {}", name));
  std::string url = found->get<std::string>();
  TRY(check_oidc_url(url, name));
  return url;
}

Result<Json> document_of(const HttpAnswer& answer, std::string_view what) {
  if (answer.status != 200) return bad_provider(fmt::format("it answers {} for {}", answer.status, what));
  auto json = parse_json(answer.body, what, kLimits);
  if (!json || !json->is_object()) return bad_provider(fmt::format("{} is no JSON object", what));
  return *std::move(json);
}

Result<HttpAnswer> reached(Result<HttpAnswer> answer) {
  if (answer) return answer;
  return fail("oidc.unreachable", "talk to the identity provider",
              answer.error().what + ": " + answer.error().why);
}

}  // namespace

Result<std::pair<std::string, Role>> parse_oidc_role(std::string_view text) {
  const auto equals = text.rfind('=');
  const auto role = equals == text.npos ? fail("oidc.role", "", "") : role_from_name(text.substr(equals + 1));
  if (!role || equals == 0) {
    return fail("oidc.role", fmt::format("read \"{}\"", text), "it is not a group, = and a role",
                "write it as staff=viewer");
  }
  return std::pair(std::string(text.substr(0, equals)), *role);
}

Result<void> check_oidc_url(std::string_view url, std::string_view what) {
  const auto plain = [](char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '<' && c != '>';
  };
  const std::string_view host = host_of(url);
  const bool loopback = host == "127.0.0.1" || host == "[::1]" || host == "localhost";
  const bool safe = url.starts_with("https://") || (url.starts_with("http://") && loopback);
  if (safe && !host.empty() && url.size() <= 1024 && std::ranges::all_of(url, plain)) return {};
  return fail("oidc.insecure", fmt::format("use the {}", what), "it is not an https:// address");
}

std::optional<Role> role_of_groups(const OidcOptions& options, const std::vector<std::string>& groups) {
  std::optional<Role> best;
  for (const auto& [group, role] : options.roles) {
    const bool has = group == "*" || std::ranges::find(groups, group) != groups.end();
    if (has && (!best || *best < role)) best = role;
  }
  return best;
}

Result<std::unique_ptr<Oidc>> Oidc::open(OidcOptions options) {
  TRY(check_oidc_url(options.issuer, "identity provider"));
  TRY(check_oidc_url(options.redirect_url, "server's own --public-url"));
  return std::unique_ptr<Oidc>(new Oidc(std::move(options)));
}

Result<std::vector<Jwk>> Oidc::fetch_keys(const std::string& url) const {
  const auto answer = TRY(reached(http_get(url, way(), kMostKeySet)));
  if (answer.status != 200) return bad_provider(fmt::format("it answers {} for its keys", answer.status));
  return parse_jwk_set(answer.body);
}

Result<Oidc::Provider> Oidc::discover(Time now) const {
  std::string url = options_.issuer;
  if (url.ends_with('/')) url.pop_back();
  url += "/.well-known/openid-configuration";
  const Json json = TRY(document_of(TRY(reached(http_get(url, way(), kMostAnswer))), "its configuration"));
  const auto issuer = json.find("issuer");
  if (issuer == json.end() || *issuer != options_.issuer) {
    return bad_provider("it says that it is another issuer than --oidc-issuer");
  }
  Provider found{.authorization = TRY(url_member(json, "authorization_endpoint")),
                 .token = TRY(url_member(json, "token_endpoint")),
                 .keys_url = TRY(url_member(json, "jwks_uri")),
                 .asked = now};
  // Without a word of it, Basic (OpenID Connect Discovery 1.0, 3).
  if (const auto ways = json.find("token_endpoint_auth_methods_supported");
      ways != json.end() && ways->is_array()) {
    found.basic = std::ranges::find(*ways, Json("client_secret_basic")) != ways->end();
  }
  found.keys = TRY(fetch_keys(found.keys_url));
  return found;
}

Result<Oidc::Provider> Oidc::provider(Time now) {
  const std::lock_guard lock(mutex_);
  if (provider_ && now - provider_->asked < kFresh && provider_->asked <= now) return *provider_;
  if (failed_ && now - failed_->first < kPause && failed_->first <= now)
    return std::unexpected(failed_->second);
  auto found = discover(now);
  if (!found) {
    failed_ = {now, found.error()};
    return found;
  }
  failed_.reset();
  provider_ = *found;
  return found;
}

/// The provider has other keys now and then, and signs with them at once. So it is asked at once, too, but
/// only now and then.
Result<Oidc::Provider> Oidc::with_new_keys(Time now) {
  const std::lock_guard lock(mutex_);
  if (!provider_) return bad_provider("it was not asked yet");
  if (now - provider_->keys_asked < kKeysApart && provider_->keys_asked <= now) return *provider_;
  provider_->keys_asked = now;
  provider_->keys = TRY(fetch_keys(provider_->keys_url));
  return *provider_;
}

Result<std::string> Oidc::login_url(std::string_view secret, Time now) {
  const Provider found = TRY(provider(now));
  std::string url = found.authorization + (found.authorization.find('?') == std::string::npos ? "?" : "&");
  const std::pair<std::string_view, std::string> parameters[] = {
      {"response_type", "code"},
      {"client_id", options_.client_id},
      {"redirect_uri", options_.redirect_url},
      {"scope", "openid profile email"},
      {"state", derived(secret, "state")},
      {"nonce", derived(secret, "nonce")},
      {"code_challenge", challenge_of(derived(secret, "verifier"))},
      {"code_challenge_method", "S256"}};
  bool first = true;
  for (const auto& [name, value] : parameters) {
    url.append(first ? "" : "&").append(name).append("=").append(url_encoded(value));
    first = false;
  }
  return url;
}

bool Oidc::is_state(std::string_view secret, std::string_view state) {
  return same_secret(derived(secret, "state"), state);
}

Result<std::string> Oidc::exchange(const Provider& provider, std::string_view secret,
                                   const std::string& code) const {
  HttpForm form{.fields = {{"grant_type", "authorization_code"},
                           {"code", code},
                           {"redirect_uri", options_.redirect_url},
                           {"code_verifier", derived(secret, "verifier")}}};
  if (!options_.client_secret.empty() && provider.basic) {
    // Encoded before they are put together (RFC 6749, 2.3.1).
    form.user = url_encoded(options_.client_id);
    form.password = url_encoded(options_.client_secret);
  } else {
    form.fields.emplace_back("client_id", options_.client_id);
    if (!options_.client_secret.empty()) form.fields.emplace_back("client_secret", options_.client_secret);
  }
  const auto answer = TRY(reached(http_post(provider.token, form, way(), kMostAnswer)));
  if (answer.status == 400)
    return fail("oidc.code", "redeem the code of a login", "the identity provider does not take it");
  const Json json = TRY(document_of(answer, "a login's code"));
  const auto token = json.find("id_token");
  if (token == json.end() || !token->is_string()) return bad_provider("it gives no ID token");
  return token->get<std::string>();
}

Result<IdClaims> Oidc::finish(std::string_view secret, const std::string& code, Time now) {
  const Provider found = TRY(provider(now));
  const Jws token = TRY(parse_jws(TRY(exchange(found, secret, code))));
  JwsVerdict verdict = verify(token, found.keys);
  if (verdict == JwsVerdict::kNoKey) verdict = verify(token, TRY(with_new_keys(now)).keys);
  if (verdict != JwsVerdict::kGood) {
    return fail("oidc.token", "check the identity provider's token",
                verdict == JwsVerdict::kNoKey ? "it is signed by a key that the provider does not tell"
                                              : "its signature does not hold");
  }
  return check_id_claims(token.payload,
                         {.issuer = options_.issuer,
                          .client_id = options_.client_id,
                          .nonce = derived(secret, "nonce"),
                          .role_claim = options_.role_claim},
                         now);
}

}  // namespace suture::server
