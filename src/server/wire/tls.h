// SPDX-License-Identifier: Apache-2.0
//
// The server's certificate, and how TLS is spoken with it: 1.2 with ephemeral keys and authenticated ciphers,
// or 1.3, and HTTP/1.1 inside. Both files may be replaced while the server runs.
//
// Who was here before goes on with a ticket, which the server encrypts with a key that it keeps to itself and
// replaces each day. So resumption costs no memory here, and what was recorded with TLS 1.2 cannot be read
// with a key that is found later.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>

#include "base/error.h"
#include "base/time.h"

namespace suture::server {

/// PEM files.
struct TlsFiles {
  std::filesystem::path certificate;  ///< the server's own first, then those that lead to its root
  std::filesystem::path key;
};

class Tls {
 public:
  using Context = std::shared_ptr<boost::asio::ssl::context>;
  using Clock = std::chrono::steady_clock;

  /// "tls.certificate", "key.absent", "key.exposed", "key.malformed", "key.passphrase", "key.mismatch". A key
  /// may be read by its owner alone, or by a group as well if root owns it, which is how systemd hands over
  /// credentials and how groups for keys work.
  static Result<std::unique_ptr<Tls>> load(TlsFiles files);
  ~Tls();

  /// Reads both files again. Connections that are open stay as they are; after an error, new ones do, too.
  Result<void> reload();
  /// For a connection that begins now. From any thread.
  Context context(Clock::time_point now = Clock::now());
  /// When the server's own certificate expires.
  Time expires_at();

 private:
  struct Identity;
  explicit Tls(TlsFiles files);

  TlsFiles files_;
  std::mutex mutex_;
  std::unique_ptr<Identity> identity_;
  Context context_;
  Clock::time_point made_at_;
};

}  // namespace suture::server
