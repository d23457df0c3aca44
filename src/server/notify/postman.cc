// SPDX-License-Identifier: Apache-2.0
#include "server/notify/postman.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>

#include "base/json.h"
#include "base/time.h"
#include "base/utf8.h"
#include "server/notify/mail_message.h"
#include "server/notify/mail_words.h"
#include "server/notify/webhook_signature.h"
#include "server/notify/webhook_url.h"

namespace suture::server {
namespace {

constexpr std::size_t kMostAnswer = 64u << 10;
constexpr const char* kAgent = "suture-server/" SUTURE_VERSION;
constexpr std::size_t kMostLine = 200;
constexpr long kGone = 410;

struct Free {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Curl = std::unique_ptr<CURL, Free>;

class List {
 public:
  void add(const std::string& line) {
    // The head stays where it is, but for the first line.
    curl_slist* longer = curl_slist_append(list_.get(), line.c_str());
    if (list_ == nullptr) list_.reset(longer);
  }
  curl_slist* get() const { return list_.get(); }

 private:
  std::unique_ptr<curl_slist, Free> list_{};
};

struct Exchange {
  std::string_view to_send{};
  std::size_t received = 0;
  bool loopback_only = false;
  bool refused = false;
  std::string last_line{};  ///< of what a mail server says
  const std::atomic<bool>* stopping = nullptr;

  static int look_up(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return *static_cast<Exchange*>(context)->stopping ? 1 : 0;
  }
  static std::size_t give(char* buffer, std::size_t size, std::size_t count, void* context) {
    auto& exchange = *static_cast<Exchange*>(context);
    const std::size_t taken = exchange.to_send.copy(buffer, size * count);
    exchange.to_send.remove_prefix(taken);
    return taken;
  }
  /// Nobody reads the answer; it only may not go on for ever.
  static std::size_t swallow(char*, std::size_t size, std::size_t count, void* context) {
    auto& exchange = *static_cast<Exchange*>(context);
    exchange.received += size * count;
    return exchange.received > kMostAnswer ? 0 : size * count;
  }
  static std::size_t note_line(char* line, std::size_t size, std::size_t count, void* context) {
    std::string_view text(line, size * count);
    text = text.substr(0, std::min(text.find_first_of("\r\n"), kMostLine));
    static_cast<Exchange*>(context)->last_line = as_utf8(text);
    return size * count;
  }
  /// The last moment, behind every name and every answer of a resolver.
  static curl_socket_t open_socket(void* context, curlsocktype, curl_sockaddr* address) {
    auto& exchange = *static_cast<Exchange*>(context);
    const Place place = place_of(address->addr, address->addrlen);
    if (place == Place::kRefused || (exchange.loopback_only && place != Place::kLoopback)) {
      exchange.refused = true;
      return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  }
};

std::unexpected<Undelivered> undelivered(std::string code, std::string what, std::string why,
                                         bool for_good = false) {
  return std::unexpected(Undelivered{{std::move(code), std::move(what), std::move(why), {}}, for_good});
}

void set_limits(CURL* curl, const PostmanOptions& options, Exchange& exchange) {
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.connect.count()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, static_cast<long>(options.whole.count()));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, Exchange::swallow);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, Exchange::look_up);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &exchange);
  // A proxy would look names up on its own, and connect to whatever they lead to.
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  if (!options.ca.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options.ca.c_str());
}

/// libcurl's own words tell more than the code's.
std::string reason(CURLcode code, const std::array<char, CURL_ERROR_SIZE>& words) {
  return words.front() != '\0' ? words.data() : curl_easy_strerror(code);
}

bool is_line(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) { return c >= ' ' && c != 0x7f; });
}

}  // namespace

Result<void> check(const PostmanOptions& options) {
  if (options.mail_server.empty()) return {};
  const std::string what = "use the mail server " + options.mail_server;
  if (!options.mail_server.starts_with("smtp://") && !options.mail_server.starts_with("smtps://")) {
    return fail("notify.mail-server", what, "it does not begin with smtp:// or smtps://");
  }
  const std::string_view rest =
      std::string_view(options.mail_server).substr(options.mail_server.find("//") + 2);
  if (rest.empty() || rest.find_first_of("@/?# ") != rest.npos) {
    return fail("notify.mail-server", what, "it is more or less than a host and a port",
                "a name and a password belong into the file of --mail-credentials");
  }
  if (!is_mail_address(options.mail_from)) {
    return fail("notify.mail-from", "send mail from \"" + options.mail_from + "\"",
                "it is not a plain mail address", "name one with --mail-from");
  }
  return {};
}

Result<std::pair<std::string, std::string>> parse_credentials(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  const auto end = text.find('\n');
  const auto split = end != text.npos ? end : text.find(':');
  if (split != text.npos) {
    std::string_view user = text.substr(0, split);
    if (user.ends_with('\r')) user.remove_suffix(1);
    const std::string_view password = text.substr(split + 1);
    if (is_line(user) && is_line(password)) return std::pair(std::string(user), std::string(password));
  }
  return fail("notify.credentials", "read the mail server's credentials",
              "they are neither USER:PASSWORD nor two lines");
}

std::expected<void, Undelivered> Postman::deliver(const Receiver& receiver, const std::string& body,
                                                  Store::Time now) const {
  const auto message = parse_message(body);
  if (!message) return std::unexpected(Undelivered{message.error(), true});
  if (receiver.what.way == Way::kMail) return send_mail(receiver, *message);
  return post(receiver, *message, body, now);
}

std::expected<void, Undelivered> Postman::send_mail(const Receiver& receiver, const Message& message) const {
  const std::string what = "send mail through " + options_.mail_server;
  if (options_.mail_server.empty()) {
    return undelivered("notify.undelivered", "send mail", "this server was started without a mail server");
  }
  const Curl curl(curl_easy_init());
  if (!curl) return undelivered("notify.undelivered", what, "libcurl does not start");
  const std::string mail = mail_text({.from = options_.mail_from,
                                      .to = receiver.what.to,
                                      .subject = mail_subject(message),
                                      .text = mail_body(message, receiver.what.name),
                                      .id = message.id,
                                      .date = parse_time(message.time).value_or(wall_clock())});
  Exchange exchange{.to_send = mail, .stopping = &stopping_};
  List to;
  for (const std::string& address : receiver.what.to) to.add("<" + address + ">");
  const std::string from = "<" + options_.mail_from + ">";
  std::array<char, CURL_ERROR_SIZE> words{};
  set_limits(curl.get(), options_, exchange);
  curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, words.data());
  curl_easy_setopt(curl.get(), CURLOPT_URL, options_.mail_server.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(curl.get(), CURLOPT_USE_SSL,
                   static_cast<long>(options_.plain_mail ? CURLUSESSL_TRY : CURLUSESSL_ALL));
  if (!options_.mail_user.empty()) {
    curl_easy_setopt(curl.get(), CURLOPT_USERNAME, options_.mail_user.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PASSWORD, options_.mail_password.c_str());
  }
  curl_easy_setopt(curl.get(), CURLOPT_MAIL_FROM, from.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_MAIL_RCPT, to.get());
  curl_easy_setopt(curl.get(), CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_READFUNCTION, Exchange::give);
  curl_easy_setopt(curl.get(), CURLOPT_READDATA, &exchange);
  curl_easy_setopt(curl.get(), CURLOPT_HEADERFUNCTION, Exchange::note_line);
  curl_easy_setopt(curl.get(), CURLOPT_HEADERDATA, &exchange);
  const CURLcode code = curl_easy_perform(curl.get());
  if (code == CURLE_OK) return {};
  std::string why = reason(code, words);
  if (!exchange.last_line.empty()) why += "; it said last: " + exchange.last_line;
  return undelivered("notify.undelivered", what, std::move(why));
}

std::expected<void, Undelivered> Postman::post(const Receiver& receiver, const Message& message,
                                               const std::string& body, Store::Time now) const {
  const std::string& url = receiver.what.url;
  const std::string what = fmt::format("tell the webhook of the receiver {}", receiver.what.name);
  // The server may have been started with other rules since.
  if (const auto fine = check_webhook_url(url, options_.plain_http); !fine) {
    return undelivered("notify.url", what, fine.error().why);
  }
  const auto timestamp = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  const auto signature = webhook_signature(receiver.secret, message.id, timestamp, body);
  if (!signature) return std::unexpected(Undelivered{signature.error(), true});
  const Curl curl(curl_easy_init());
  if (!curl) return undelivered("notify.undelivered", what, "libcurl does not start");
  Exchange exchange{.loopback_only = is_plain_http(url) && !options_.plain_http, .stopping = &stopping_};
  List headers;
  headers.add("Content-Type: application/json");
  headers.add("Expect:");
  headers.add("webhook-id: " + message.id);
  headers.add(fmt::format("webhook-timestamp: {}", timestamp));
  headers.add("webhook-signature: " + *signature);
  std::array<char, CURL_ERROR_SIZE> words{};
  set_limits(curl.get(), options_, exchange);
  curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, words.data());
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl.get(), CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl.get(), CURLOPT_USERAGENT, kAgent);
  curl_easy_setopt(curl.get(), CURLOPT_OPENSOCKETFUNCTION, Exchange::open_socket);
  curl_easy_setopt(curl.get(), CURLOPT_OPENSOCKETDATA, &exchange);
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  const CURLcode code = curl_easy_perform(curl.get());
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  // What comes behind the status is of no interest, and so is where it breaks off.
  const bool told = code == CURLE_OK || (code == CURLE_WRITE_ERROR && exchange.received > kMostAnswer);
  if (exchange.refused) {
    return undelivered("notify.refused-address", what,
                       "its name leads to an address that webhooks may not go to");
  }
  if (!told) return undelivered("notify.undelivered", what, reason(code, words));
  if (status / 100 == 2) return {};
  return undelivered("notify.undelivered", what, fmt::format("it answered {}", status), status == kGone);
}

}  // namespace suture::server
