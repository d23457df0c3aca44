// SPDX-License-Identifier: Apache-2.0
//
// Many clients in one thread: each sends a request, waits for the answer, and asks its load for the next.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/openssl.h"

namespace suture::bench {

using Clock = std::chrono::steady_clock;

struct Answer {
  int status = 0;
  std::string_view header;
  std::string_view body;
};

/// What the clients are to send.
class Load {
 public:
  virtual ~Load() = default;
  /// The client's next request, which must live until it is answered; nothing: it has none now.
  virtual std::optional<std::string_view> next(std::size_t client) = 0;
  virtual void answered(std::size_t client, const Answer& answer) = 0;
  /// All that was to be done is done.
  virtual bool done() const = 0;
  /// When a client that had no request is to be asked again; nothing: after the next answer.
  virtual std::optional<Clock::time_point> ask_again() { return std::nullopt; }
  /// Whether the client's next request goes over a new connection.
  virtual bool reconnects(std::size_t) { return false; }
};

struct WireOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  std::string ca{};      ///< PEM of who vouches for the server; empty: no TLS
  bool resumes = false;  ///< TLS: a new connection goes on with the last one's session
};

class Wire {
 public:
  static Result<Wire> open(WireOptions options);
  /// Runs the load with so many clients. "bench.wire" when one cannot connect, is sent away, or nothing
  /// comes for `patience`.
  Result<void> run(Load& load, std::size_t clients, std::chrono::seconds patience = std::chrono::seconds(60));
  /// Of run(): connections made, and TLS handshakes that went on with a session.
  std::uint64_t connections() const { return connections_; }
  std::uint64_t resumed() const { return resumed_; }

 private:
  struct Client;
  struct CloseFile;
  using Context = std::unique_ptr<SSL_CTX, openssl::Free<SSL_CTX_free>>;
  Wire(WireOptions options, Context context) : options_(std::move(options)), context_(std::move(context)) {}

  Result<void> connect(Client& client, int poll);
  Result<void> move_on(Client& client, Load& load, int poll);
  Result<bool> act(Client& client, Load& load);
  Result<bool> shake_hands(Client& client);
  Result<bool> write(Client& client);
  Result<bool> read(Client& client, Load& load);

  WireOptions options_;
  Context context_;
  std::uint64_t connections_ = 0;
  std::uint64_t resumed_ = 0;
};

}  // namespace suture::bench
