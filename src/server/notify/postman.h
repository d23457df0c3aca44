// SPDX-License-Identifier: Apache-2.0
//
// Carries one message to one receiver, with libcurl: over SMTP, or as a POST of HTTP. Safe to call from
// several threads.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>

#include "base/error.h"
#include "server/fleet/store.h"
#include "server/notify/message.h"
#include "server/notify/receiver.h"

namespace suture::server {

struct PostmanOptions {
  std::string mail_server{};  ///< smtp://HOST[:PORT] or smtps://HOST[:PORT]; empty: no mail
  std::string mail_from{};    ///< an address
  std::string mail_user{};    ///< empty: without authentication
  std::string mail_password{};
  bool plain_mail = false;     ///< smtp:// goes on where the server offers no STARTTLS
  bool plain_http = false;     ///< webhooks may go without TLS to others than this machine
  std::filesystem::path ca{};  ///< certificates by which both are checked, PEM; empty: the system's
  std::chrono::seconds connect{10};
  std::chrono::seconds whole{30};  ///< must be shorter than a claim on a message
};

/// "notify.mail-server", "notify.mail-from": what can be seen without asking anybody.
Result<void> check(const PostmanOptions& options);
/// "USER:PASSWORD" or two lines; "notify.credentials".
Result<std::pair<std::string, std::string>> parse_credentials(std::string_view text);

/// Why a message did not arrive.
struct Undelivered {
  Error error{};
  bool for_good = false;  ///< the receiver says that it is gone
};

class Postman {
 public:
  explicit Postman(PostmanOptions options) : options_(std::move(options)) {}

  ReceiverRules rules() const {
    return {.mail = !options_.mail_server.empty(), .plain_http = options_.plain_http};
  }
  /// "notify.undelivered", "notify.refused-address"; `body` is what the outbox holds.
  std::expected<void, Undelivered> deliver(const Receiver& receiver, const std::string& body,
                                           Store::Time now) const;
  /// Whatever is under way fails within a second or so.
  void stop() { stopping_ = true; }

 private:
  std::expected<void, Undelivered> send_mail(const Receiver& receiver, const Message& message) const;
  std::expected<void, Undelivered> post(const Receiver& receiver, const Message& message,
                                        const std::string& body, Store::Time now) const;

  PostmanOptions options_;
  std::atomic<bool> stopping_{false};
};

}  // namespace suture::server
