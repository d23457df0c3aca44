// SPDX-License-Identifier: Apache-2.0
//
// The running server: listens, and hands each connection to the API or the repository's files.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "server/access/oidc.h"
#include "server/fleet/fleet_watch.h"
#include "server/fleet/store.h"
#include "server/fleet_database.h"
#include "server/notify/outbox.h"
#include "server/notify/postman.h"

namespace suture::server {

struct WebPage;

/// What one client may take from the others.
struct Limits {
  std::uint32_t header_bytes = 16u << 10;
  std::uint64_t body_bytes = 1u << 20;
  std::chrono::milliseconds handshake_timeout{10'000};  ///< for a whole TLS handshake
  std::chrono::milliseconds header_timeout{30'000};     ///< for a whole header, and between two requests
  std::chrono::milliseconds body_timeout{30'000};       ///< for a whole body
  std::chrono::milliseconds write_timeout{30'000};      ///< for each 64 KiB of a response
  std::uint32_t connections = 1024;                     ///< more are answered 503, or closed with TLS
  std::uint32_t waiting = 20'000;                       ///< for a call, not counted among those
  std::chrono::milliseconds wake_time{240'000};         ///< until one that waits is told that there was none
  std::chrono::milliseconds look_time{1'000};           ///< between two looks at the repository
  std::chrono::milliseconds stop_grace{10'000};         ///< for responses under way when the server stops
};

struct Endpoint {
  std::string address;     ///< "127.0.0.1", "::1"
  std::uint16_t port = 0;  ///< 0: chosen by the kernel
};

/// "https://suture.example.org", with a port if need be and without a path; "server.public-url".
Result<std::string> parse_public_url(std::string_view text);
/// A numeric address, in one form; "server.proxy".
Result<std::string> parse_proxy(std::string_view text);
/// "127.0.0.1:8080", "[::]:8080"; "server.listen" for anything else, names included.
Result<Endpoint> parse_endpoint(std::string_view text);
/// Whether others than this machine and a private network reach it. All addresses at once are public.
bool is_public(const Endpoint& endpoint);

/// What is told without being asked for.
struct NotifyOptions {
  PostmanOptions postman{};
  FleetName fleet{};
  OutboxTimes times{};
};

struct ServerOptions {
  Endpoint listen{};
  std::filesystem::path repository{};  ///< empty: none is served
  FleetDatabase database{std::filesystem::path()};
  std::filesystem::path tls_certificate{};  ///< PEM, the chain; empty: HTTP without TLS
  std::filesystem::path tls_key{};          ///< PEM; belongs to tls_certificate
  std::string report_token{};               ///< empty: anyone may report
  std::string wake_token{};                 ///< empty: nobody may call urgently
  std::vector<std::string> gate_urls{};     ///< where gates of rollouts may ask (rollout/metric_gate.h)
  bool require_host_keys = false;           ///< refuse reports that are not signed
  const WebPage* page = nullptr;            ///< null: there is none
  std::filesystem::path verdicts{};         ///< of `suture watch`, a file or a folder; empty: none
  FleetRules fleet{};
  std::string public_url{};            ///< where browsers find the server; empty: as they ask for it
  bool require_totp = false;           ///< whoever has a password needs a second factor, too
  OidcOptions oidc{};                  ///< without an issuer there is no single sign-on
  std::vector<std::string> proxies{};  ///< addresses whose X-Forwarded-For is believed
  unsigned threads = 2;
  Limits limits{};
  StoreLimits store_limits{};
  NotifyOptions notify{};
};

class Server {
 public:
  /// Once it returns, clients can connect.
  static Result<std::unique_ptr<Server>> start(ServerOptions options);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  std::uint16_t port() const;
  /// Hosts that wait for a call at present.
  std::size_t waiting() const;
  /// Reads the TLS certificate and its key again. No connection ends, and after an error the server goes on
  /// with those that it has. Nothing to do without TLS.
  Result<void> reload();
  /// No new connections; responses under way may end within the grace; then all is closed.
  void stop();

 private:
  struct Running;
  explicit Server(std::unique_ptr<Running> running);
  std::unique_ptr<Running> running_;
};

}  // namespace suture::server
