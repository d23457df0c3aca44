// SPDX-License-Identifier: Apache-2.0
//
// Single sign-on by OpenID Connect: the authorization code flow with PKCE (RFC 7636).
//
// Nothing of a login is kept here while the browser is at the provider. The browser holds one secret in a
// cookie, and state, nonce and PKCE's verifier are made from it, each by a hash of its own. So whichever
// server the browser comes back to can go on, nobody can finish a login in a browser that did not begin it,
// and those who begin logins by the thousand fill no table.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fetch/http_fetcher.h"
#include "server/access/id_token.h"
#include "server/access/jws.h"
#include "server/access/roles.h"

namespace suture::server {

struct OidcOptions {
  std::string issuer{};
  std::string client_id{};
  std::string client_secret{};  ///< empty: a public client
  std::string redirect_url{};   ///< of our callback, as browsers reach it
  std::string role_claim = "groups";
  std::vector<std::pair<std::string, Role>> roles{};  ///< of a group; "*" is whoever the provider knows
};

/// "staff=viewer"; "oidc.role".
Result<std::pair<std::string, Role>> parse_oidc_role(std::string_view text);
/// https, or the loopback address: else whoever is on the way says who is who. "oidc.insecure".
Result<void> check_oidc_url(std::string_view url, std::string_view what);
/// The highest of these groups.
std::optional<Role> role_of_groups(const OidcOptions& options, const std::vector<std::string>& groups);

class Oidc {
 public:
  using Time = std::chrono::system_clock::time_point;

  /// "oidc.insecure". Nobody is asked yet.
  static Result<std::unique_ptr<Oidc>> open(OidcOptions options);
  const OidcOptions& options() const { return options_; }

  /// Where to send a browser that holds `secret`. Asks the provider where that is, once an hour.
  Result<std::string> login_url(std::string_view secret, Time now);
  /// Whether a browser that holds `secret` has begun the login that ends with this state.
  static bool is_state(std::string_view secret, std::string_view state);
  /// Who it is that the provider sent back with `code`. "oidc.unreachable", "oidc.provider" for what the
  /// provider does not do right, "oidc.code" for a code that it does not take, "oidc.token", "oidc.claims".
  Result<IdClaims> finish(std::string_view secret, const std::string& code, Time now);

 private:
  struct Provider {
    std::string authorization{};
    std::string token{};
    std::string keys_url{};
    bool basic = true;  ///< takes the client's secret by HTTP Basic, else in the form
    std::vector<Jwk> keys{};
    Time asked{};       ///< for the above
    Time keys_asked{};  ///< the last time since then that a token had an unknown key
  };
  explicit Oidc(OidcOptions options) : options_(std::move(options)) {}
  Result<Provider> provider(Time now);
  Result<Provider> with_new_keys(Time now);
  Result<Provider> discover(Time now) const;
  Result<std::vector<Jwk>> fetch_keys(const std::string& url) const;
  Result<std::string> exchange(const Provider& provider, std::string_view secret,
                               const std::string& code) const;

  OidcOptions options_;
  std::mutex mutex_;
  std::optional<Provider> provider_{};
  std::optional<std::pair<Time, Error>> failed_{};  ///< not asked again for a moment
};

}  // namespace suture::server
