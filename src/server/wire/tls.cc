// SPDX-License-Identifier: Apache-2.0
#include "server/wire/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/openssl.h"
#include "base/time.h"

namespace suture::server {
namespace {

namespace ssl = boost::asio::ssl;
using Certificate = std::unique_ptr<X509, openssl::Free<X509_free>>;

constexpr std::size_t kMostPem = 1u << 20;
constexpr std::chrono::hours kTicketKeyAge{24};
/// Agents look each four hours.
constexpr long kTicketSeconds = 5L * 3600;
constexpr std::chrono::days kExpiresSoon{14};
constexpr std::string_view kProtocol = "http/1.1";
/// Of TLS 1.2. Those of 1.3 are all sound.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

std::string openssl_reason() {
  char text[256] = "OpenSSL gives no reason";
  if (const unsigned long code = ERR_get_error(); code != 0) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return text;
}

/// Instead of OpenSSL's question on the terminal.
int give_no_passphrase(char*, int, int, void*) {
  return -1;
}

Result<void> check_nobody_else_reads(const std::filesystem::path& path, const std::string& what) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return fail_errno("key.absent", what);
  const bool owned = info.st_uid == 0 || info.st_uid == ::geteuid();
  const mode_t foreign = info.st_uid == 0 ? 037 : 077;
  if (owned && (info.st_mode & foreign) == 0) return {};
  return fail("key.exposed", what, "others than its owner may read it",
              "If nobody else did: `chmod 600 " + path.string() +
                  "`, as the server's user or root. Else have a new certificate made for a new key.");
}

Result<openssl::Key> read_key(const std::filesystem::path& path) {
  const std::string what = "read the TLS key " + path.string();
  TRY(check_nobody_else_reads(path, what));
  std::string text = TRY(read_text_file(path, kMostPem));
  const openssl::Memory memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  openssl::Key key(PEM_read_bio_PrivateKey(memory.get(), nullptr, give_no_passphrase, nullptr));
  const bool encrypted = text.find("ENCRYPTED") != std::string::npos;
  OPENSSL_cleanse(text.data(), text.size());
  ERR_clear_error();
  if (key) return key;
  if (encrypted) {
    return fail("key.passphrase", what, "it is encrypted, and there is nobody to ask for the passphrase",
                "Decrypt it: openssl pkey -in ENCRYPTED -out KEY");
  }
  return fail("key.malformed", what, "it is not a private key in PEM form");
}

Result<std::vector<Certificate>> read_chain(const std::filesystem::path& path) {
  const std::string what = "read the TLS certificate " + path.string();
  const std::string text = TRY_IN(what, read_text_file(path, kMostPem));
  const openssl::Memory memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  std::vector<Certificate> chain;
  for (;;) {
    Certificate next(PEM_read_bio_X509(memory.get(), nullptr, give_no_passphrase, nullptr));
    if (!next) break;
    chain.push_back(std::move(next));
  }
  // The end of the file looks like a block that does not start.
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!ended) return fail("tls.certificate", what, "a certificate in it is broken");
  if (chain.empty()) return fail("tls.certificate", what, "no certificate in PEM form is in it");
  return chain;
}

Time expiry_of(const X509& certificate) {
  std::tm parts{};
  ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &parts);
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::from_time_t(::timegm(&parts)));
}

/// The first protocol of ours that the client offers; one that speaks only others is told so.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                    unsigned offered_size, void*) {
  std::string_view rest(reinterpret_cast<const char*>(offered), offered_size);
  while (!rest.empty()) {
    const auto size = static_cast<unsigned char>(rest.front());
    const std::string_view name = rest.substr(1, size);
    if (name == kProtocol) {
      *out = reinterpret_cast<const unsigned char*>(name.data());
      *out_size = size;
      return SSL_TLSEXT_ERR_OK;
    }
    rest.remove_prefix(std::min<std::size_t>(rest.size(), 1u + size));
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void set_rules(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_security_level(context, 2);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  // A host that waits for a call holds its connection for minutes.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>("suture"), 6);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(context, kTicketSeconds);
  SSL_CTX_set_num_tickets(context, 1);
}

}  // namespace

struct Tls::Identity {
  std::vector<Certificate> chain;
  openssl::Key key;

  static Result<std::unique_ptr<Identity>> read(const TlsFiles& files);
  /// With a key for tickets of its own.
  Result<Context> make_context() const;
  void warn_of_expiry() const;
};

Result<std::unique_ptr<Tls::Identity>> Tls::Identity::read(const TlsFiles& files) {
  auto chain = TRY(read_chain(files.certificate));
  auto key = TRY(read_key(files.key));
  if (X509_check_private_key(chain.front().get(), key.get()) != 1) {
    ERR_clear_error();
    return fail("key.mismatch", "use the TLS key " + files.key.string(),
                "it is not the one of the first certificate in " + files.certificate.string(),
                "The server's own certificate must stand before those of its issuers.");
  }
  return std::make_unique<Identity>(std::move(chain), std::move(key));
}

Result<Tls::Context> Tls::Identity::make_context() const {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* const raw = context->native_handle();
  set_rules(raw);
  bool taken = SSL_CTX_set_cipher_list(raw, kCiphers) == 1 &&
               SSL_CTX_use_certificate(raw, chain.front().get()) == 1 &&
               SSL_CTX_use_PrivateKey(raw, key.get()) == 1;
  for (std::size_t i = 1; taken && i < chain.size(); ++i) {
    taken = SSL_CTX_add1_chain_cert(raw, chain[i].get()) == 1;
  }
  // A key too short for the security level, for one.
  if (!taken) return fail("tls.certificate", "use the TLS certificate", openssl_reason());
  return context;
}

void Tls::Identity::warn_of_expiry() const {
  const Time end = expiry_of(*chain.front());
  if (end < wall_clock()) {
    spdlog::warn("the TLS certificate expired on {}: clients will refuse it", time_text(end));
  } else if (end < wall_clock() + kExpiresSoon) {
    spdlog::warn("the TLS certificate expires on {}", time_text(end));
  }
}

Tls::Tls(TlsFiles files) : files_(std::move(files)) {}
Tls::~Tls() = default;

Result<std::unique_ptr<Tls>> Tls::load(TlsFiles files) {
  std::unique_ptr<Tls> tls(new Tls(std::move(files)));
  TRY(tls->reload());
  return tls;
}

Result<void> Tls::reload() {
  auto identity = TRY(Identity::read(files_));
  auto context = TRY(identity->make_context());
  const std::string end = time_text(expiry_of(*identity->chain.front()));
  spdlog::info("TLS with the certificate in {}, which is valid until {}", files_.certificate.string(), end);
  identity->warn_of_expiry();
  const std::lock_guard lock(mutex_);
  identity_ = std::move(identity);
  context_ = std::move(context);
  made_at_ = Clock::now();
  return {};
}

Tls::Context Tls::context(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (now - made_at_ < kTicketKeyAge) return context_;
  made_at_ = now;
  identity_->warn_of_expiry();
  if (auto fresh = identity_->make_context()) context_ = std::move(*fresh);
  return context_;
}

Time Tls::expires_at() {
  const std::lock_guard lock(mutex_);
  return expiry_of(*identity_->chain.front());
}

}  // namespace suture::server
