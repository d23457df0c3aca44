// SPDX-License-Identifier: Apache-2.0
//
// TLS over real sockets: a client made of OpenSSL, which also speaks what nobody should, and the agent's own.
#include "server/wire/tls.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <sstream>
#include <thread>

#include "base/json.h"
#include "certificate.h"
#include "fetch/http_fetcher.h"
#include "server/server.h"

namespace suture::server {
namespace {

using namespace std::chrono_literals;

class Socket {
 public:
  explicit Socket(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{60, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { ::close(fd_); }

  int fd() const { return fd_; }
  bool connected() const { return connected_; }
  bool send(std::string_view bytes) const {
    return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  /// All that comes until the server closes; nothing when it does not.
  std::optional<std::string> rest() const {
    std::string all;
    char block[4096];
    ssize_t got = 0;
    while ((got = ::recv(fd_, block, sizeof block, 0)) > 0) all.append(block, static_cast<std::size_t>(got));
    if (got < 0 && errno == EAGAIN) return std::nullopt;
    return all;
  }

 private:
  int fd_;
  bool connected_ = false;
};

using Session = std::unique_ptr<SSL_SESSION, openssl::Free<SSL_SESSION_free>>;

/// What a client offers.
struct Offer {
  int least = TLS1_2_VERSION;
  int most = TLS1_3_VERSION;
  const char* ciphers = "DEFAULT:@SECLEVEL=0";  ///< of TLS 1.2 and before
  std::string protocols{};                      ///< for ALPN, each with its length in front
  SSL_SESSION* session = nullptr;
};

class Client {
 public:
  explicit Client(std::uint16_t port, const Offer& offer = {})
      : socket_(port), context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_min_proto_version(context_.get(), offer.least);
    SSL_CTX_set_max_proto_version(context_.get(), offer.most);
    SSL_CTX_set_cipher_list(context_.get(), offer.ciphers);
    ssl_.reset(SSL_new(context_.get()));
    if (!offer.protocols.empty()) {
      SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(offer.protocols.data()),
                          static_cast<unsigned>(offer.protocols.size()));
    }
    if (offer.session != nullptr) SSL_set_session(ssl_.get(), offer.session);
    SSL_set_fd(ssl_.get(), socket_.fd());
    ERR_clear_error();
    shaken_ = SSL_connect(ssl_.get()) == 1;
    if (!shaken_) refusal_ = ERR_GET_REASON(ERR_peek_error());
  }

  bool shaken() const { return shaken_; }
  /// OpenSSL's reason why there was no handshake.
  int refusal() const { return refusal_; }
  bool shows(const TestCertificate& certificate) const {
    const std::unique_ptr<X509, openssl::Free<X509_free>> shown(SSL_get1_peer_certificate(ssl_.get()));
    return shown && X509_cmp(shown.get(), certificate.x509()) == 0;
  }
  std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }
  bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
  Session session() const { return Session(SSL_get1_session(ssl_.get())); }
  bool was_told_the_end() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }

  void ask(const std::string& target) const {
    const std::string text = "GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n";
    SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()));
  }
  void until_answered() const {
    char byte = 0;
    EXPECT_EQ(SSL_peek(ssl_.get(), &byte, 1), 1);
  }
  /// Header and body of one answer, or what comes before the end.
  std::string answer() const {
    std::string text;
    char block[4096];
    for (;;) {
      const auto end = text.find("\r\n\r\n");
      if (end != std::string::npos) {
        const auto at = text.find("Content-Length: ");
        const std::size_t length = at < end ? std::stoul(text.substr(at + 16, 20)) : 0;
        if (text.size() >= end + 4 + length) return text;
      }
      const int got = SSL_read(ssl_.get(), block, sizeof block);
      if (got <= 0) return text;
      text.append(block, static_cast<std::size_t>(got));
    }
  }
  std::string get(const std::string& target) const {
    ask(target);
    return answer();
  }
  Json json(const std::string& target) const { return body_of(get(target)); }
  static Json body_of(const std::string& answer) {
    return Json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
  }

 private:
  Socket socket_;
  std::unique_ptr<SSL_CTX, openssl::Free<SSL_CTX_free>> context_;
  std::unique_ptr<SSL, openssl::Free<SSL_free>> ssl_;
  bool shaken_ = false;
  int refusal_ = 0;
};

class TlsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::signal(SIGPIPE, SIG_IGN);
    spdlog::set_level(spdlog::level::off);
  }
  void SetUp() override {
    options_.listen = {"127.0.0.1", 0};
    options_.repository = folder_.path() / "repository";
    options_.database = ":memory:";
    options_.tls_certificate = folder_.path() / "server.crt";
    options_.tls_key = folder_.path() / "server.key";
    options_.limits.look_time = 10ms;
    publish("1");
    certificate_.write_to(folder_.path());
  }
  void publish(const std::string& what) const { put("metadata/timestamp.json", what); }
  void put(const std::string& name, std::string_view text) const {
    ASSERT_TRUE(write_file(options_.repository / name, text));
  }
  void start() {
    auto server = Server::start(options_);
    ASSERT_TRUE(server) << server.error().message();
    server_ = std::move(*server);
  }
  std::uint16_t port() const { return server_->port(); }
  std::string url() const { return "https://127.0.0.1:" + std::to_string(port()); }
  std::string refusal_of_files() const {
    const auto tls = Tls::load({options_.tls_certificate, options_.tls_key});
    return tls ? "" : tls.error().code;
  }
  void until_waiting(std::size_t count) const {
    while (server_->waiting() != count) std::this_thread::sleep_for(1ms);
  }

  TempDir folder_ = TempDir::make("suture-tls").value();
  TestCertificate certificate_{"suture"};
  ServerOptions options_;
  std::unique_ptr<Server> server_;
};

TEST_F(TlsTest, OneConnectionTakesManyRequests) {
  std::string big(300'000, '\0');
  for (std::size_t i = 0; i < big.size(); ++i) big[i] = static_cast<char>(i * 7 + i / 256);
  put("targets/big.ko", big);
  start();
  const Client client(port());
  ASSERT_TRUE(client.shaken());
  EXPECT_TRUE(client.shows(certificate_));
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(client.get("/healthz").starts_with("HTTP/1.1 200 "));
    const std::string file = client.get("/repository/targets/big.ko");
    EXPECT_EQ(file.substr(file.find("\r\n\r\n") + 4), big);
  }
}

TEST_F(TlsTest, TheAgentsClientFetchesWithAChain) {
  const TestCertificate root("root");
  const TestCertificate between("between", &root);
  const TestCertificate own("own", &between);
  own.write_to(folder_.path());
  ASSERT_TRUE(write_file(options_.tls_certificate, own.pem() + between.pem()));
  const auto ca = folder_.path() / "root.crt";
  ASSERT_TRUE(write_file(ca, root.pem()));
  start();
  auto fetcher = HttpFetcher::open(url() + "/repository", {.ca = ca});
  ASSERT_TRUE(fetcher) << fetcher.error().message();
  const auto bytes = fetcher->fetch("metadata/timestamp.json", 100);
  ASSERT_TRUE(bytes) << bytes.error().message();
  EXPECT_EQ(as_text(*bytes), "1");

  ASSERT_TRUE(write_file(ca, certificate_.pem()));
  auto other = HttpFetcher::open(url() + "/repository", {.ca = ca});
  EXPECT_FALSE(other->fetch("metadata/timestamp.json", 100));
}

TEST_F(TlsTest, OldVersionsAndWeakCiphersAreRefused) {
  start();
  EXPECT_EQ(Client(port(), {.least = TLS1_VERSION, .most = TLS1_1_VERSION}).refusal(),
            SSL_R_TLSV1_ALERT_PROTOCOL_VERSION);
  const auto with = [&](const char* ciphers) {
    return Client(port(), {.most = TLS1_2_VERSION, .ciphers = ciphers}).shaken();
  };
  EXPECT_TRUE(with("ECDHE-ECDSA-AES128-GCM-SHA256"));
  EXPECT_TRUE(with("ECDHE-ECDSA-CHACHA20-POLY1305"));
  EXPECT_FALSE(with("ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"));
  EXPECT_FALSE(with("ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0"));
  EXPECT_FALSE(with("AECDH:@SECLEVEL=0"));
  EXPECT_TRUE(Client(port(), {.least = TLS1_3_VERSION}).shaken());
}

TEST_F(TlsTest, HttpIsWhatIsSpokenInside) {
  start();
  EXPECT_EQ(Client(port(), {.protocols = "\x02h2\x08http/1.1"}).protocol(), "http/1.1");
  EXPECT_EQ(Client(port(), {.protocols = "\x02h2"}).refusal(), SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL);
  const Client none(port());
  EXPECT_EQ(none.protocol(), "");
  const std::string answer = none.get("/healthz");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 "));
  EXPECT_NE(answer.find("\r\nStrict-Transport-Security: max-age=31536000\r\n"), std::string::npos);
}

TEST_F(TlsTest, WhoWasHereBeforeResumes) {
  start();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const Client first(port(), {.least = version, .most = version});
    EXPECT_FALSE(first.resumed());
    first.get("/healthz");  // a ticket of TLS 1.3 comes behind the handshake
    const Session session = first.session();
    const Client second(port(), {.least = version, .most = version, .session = session.get()});
    EXPECT_TRUE(second.resumed()) << version;
    EXPECT_TRUE(second.get("/healthz").starts_with("HTTP/1.1 200 "));
  }
}

TEST_F(TlsTest, TheKeyOfTicketsLivesForADay) {
  const auto tls = Tls::load({options_.tls_certificate, options_.tls_key});
  ASSERT_TRUE(tls) << tls.error().message();
  const auto now = Tls::Clock::now();
  const auto first = (*tls)->context(now);
  EXPECT_EQ((*tls)->context(now + 23h), first);
  const auto second = (*tls)->context(now + 25h);
  EXPECT_NE(second, first);
  EXPECT_EQ((*tls)->context(now + 48h), second);
}

TEST_F(TlsTest, PlainHttpIsToldToSpeakTls) {
  start();
  const Socket plain(port());
  ASSERT_TRUE(plain.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"));
  const auto answer = plain.rest();
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->starts_with("HTTP/1.1 400 ")) << *answer;
  EXPECT_NE(answer->find("request.plain"), std::string::npos);
  EXPECT_EQ(answer->find("200"), std::string::npos);
}

TEST_F(TlsTest, BrokenHandshakesEndThatConnectionOnly) {
  start();
  // The beginning of a hello, and then none.
  const std::string header("\x16\x03\x01\x00\x40\x01\x00\x00\x3c", 9);
  for (const std::string& bytes :
       {header + std::string(0x3c, '\xff'), std::string("\x16\x03\x01\x00\x00", 5) + std::string(60, '\0'),
        std::string(100, '\x16'), std::string("\x80\x2e\x01\x00\x02", 5)}) {
    const Socket socket(port());
    ASSERT_TRUE(socket.send(bytes));
    EXPECT_TRUE(socket.rest());
  }
  EXPECT_TRUE(Client(port()).get("/healthz").starts_with("HTTP/1.1 200 "));
}

TEST_F(TlsTest, SlowHandshakesAreClosed) {
  options_.limits.handshake_timeout = 200ms;
  start();
  const Socket silent(port());
  const Socket half(port());
  const std::string header("\x16\x03\x01\x40\x00\x01\x00\x3f\xfc", 9);
  ASSERT_TRUE(half.send(header));
  EXPECT_EQ(silent.rest(), "");
  EXPECT_TRUE(half.rest());
  // A byte now and then does not buy more time: the whole record would take more than a minute.
  const Socket trickle(port());
  ASSERT_TRUE(trickle.send(header));
  int taken = 0;
  while (taken < 0x3000 && trickle.send("x")) {
    ++taken;
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_LT(taken, 0x3000);
  EXPECT_TRUE(Client(port()).get("/healthz").starts_with("HTTP/1.1 200 "));
}

TEST_F(TlsTest, HandshakesCountAmongTheConnections) {
  options_.limits.connections = 2;
  start();
  {
    const Client one(port());
    ASSERT_TRUE(one.shaken());
    const Socket silent(port());
    // Taken in the order in which they came: when the third is closed, both others have a place.
    EXPECT_EQ(Socket(port()).rest(), "");
    EXPECT_FALSE(Client(port()).shaken());
    EXPECT_TRUE(one.get("/healthz").starts_with("HTTP/1.1 200 "));
  }
  while (!Client(port()).shaken()) std::this_thread::sleep_for(5ms);
}

TEST_F(TlsTest, AReloadReplacesTheCertificateAndDropsNobody) {
  start();
  const Client before(port());
  ASSERT_TRUE(before.get("/healthz").starts_with("HTTP/1.1 200 "));
  const TestCertificate next("next");
  next.write_to(folder_.path());
  EXPECT_TRUE(Client(port()).shows(certificate_));
  const auto reloaded = server_->reload();
  ASSERT_TRUE(reloaded) << reloaded.error().message();
  EXPECT_TRUE(Client(port()).shows(next));
  EXPECT_TRUE(before.get("/healthz").starts_with("HTTP/1.1 200 "));
  // A ticket of before is no obstacle.
  const Session session = before.session();
  const Client again(port(), {.session = session.get()});
  EXPECT_TRUE(again.shaken());
  EXPECT_FALSE(again.resumed());
}

TEST_F(TlsTest, AReloadOfBrokenFilesKeepsTheOld) {
  start();
  const TestCertificate other("other");
  ASSERT_TRUE(write_file(options_.tls_key, other.key_pem(), 0600));
  EXPECT_EQ(server_->reload().error().code, "key.mismatch");
  ASSERT_TRUE(write_file(options_.tls_certificate, "nothing"));
  EXPECT_EQ(server_->reload().error().code, "tls.certificate");
  std::filesystem::remove(options_.tls_certificate);
  EXPECT_FALSE(server_->reload());
  const Client client(port());
  EXPECT_TRUE(client.shows(certificate_));
  EXPECT_TRUE(client.get("/healthz").starts_with("HTTP/1.1 200 "));
}

TEST_F(TlsTest, ReloadsAndHandshakesAtTheSameTime) {
  start();
  std::atomic<bool> enough = false;
  std::jthread reloading([&] {
    while (!enough) EXPECT_TRUE(server_->reload());
  });
  for (int i = 0; i < 30; ++i) {
    const Client client(port());
    EXPECT_TRUE(client.get("/healthz").starts_with("HTTP/1.1 200 "));
  }
  enough = true;
}

TEST_F(TlsTest, KeysThatOthersMayReadAreRefused) {
  EXPECT_EQ(refusal_of_files(), "");
  for (const unsigned mode : {0644u, 0604u, 0660u, 0602u}) {
    ASSERT_EQ(::chmod(options_.tls_key.c_str(), mode), 0);
    EXPECT_EQ(refusal_of_files(), "key.exposed") << std::oct << mode;
  }
  ASSERT_EQ(::chmod(options_.tls_key.c_str(), 0640), 0);
  EXPECT_EQ(refusal_of_files(), ::geteuid() == 0 ? "" : "key.exposed");
  if (::geteuid() == 0) {
    ASSERT_EQ(::chmod(options_.tls_key.c_str(), 0600), 0);
    ASSERT_EQ(::chown(options_.tls_key.c_str(), 4711, 0), 0);
    EXPECT_EQ(refusal_of_files(), "key.exposed");
  }
}

TEST_F(TlsTest, WhatIsNoKeyOrCertificateIsRefused) {
  const auto key = [&](std::string_view text) {
    EXPECT_TRUE(write_file(options_.tls_key, text, 0600));
    return refusal_of_files();
  };
  EXPECT_EQ(key(""), "key.malformed");
  EXPECT_EQ(key(certificate_.pem()), "key.malformed");
  EXPECT_EQ(key(certificate_.key_pem().substr(0, 100)), "key.malformed");
  EXPECT_EQ(key(certificate_.key_pem("secret")), "key.passphrase");
  EXPECT_EQ(key(TestCertificate("other").key_pem()), "key.mismatch");
  std::filesystem::remove(options_.tls_key);
  EXPECT_EQ(refusal_of_files(), "key.absent");
  EXPECT_EQ(key(certificate_.key_pem()), "");

  const auto certificate = [&](std::string_view text) {
    EXPECT_TRUE(write_file(options_.tls_certificate, text));
    return refusal_of_files();
  };
  const TestCertificate issuer("issuer");
  EXPECT_EQ(certificate(""), "tls.certificate");
  EXPECT_EQ(certificate(certificate_.key_pem()), "tls.certificate");
  EXPECT_EQ(certificate(certificate_.pem() + issuer.pem().substr(0, 200)), "tls.certificate");
  EXPECT_EQ(certificate(issuer.pem() + certificate_.pem()), "key.mismatch");
  EXPECT_EQ(certificate(certificate_.pem() + issuer.pem()), "");
  EXPECT_EQ(Server::start({.listen = {"127.0.0.1", 0},
                           .database = ":memory:",
                           .tls_certificate = options_.tls_certificate,
                           .tls_key = folder_.path() / "absent"})
                .error()
                .code,
            "key.absent");
}

TEST_F(TlsTest, HostsThatWaitAreCalled) {
  start();
  const Client host(port());
  const Json first = host.json("/api/v1/wake");
  const std::string word = first.at("after");
  host.ask("/api/v1/wake?after=" + word);
  until_waiting(1);
  publish("2");
  EXPECT_EQ(Client::body_of(host.answer()).at("reason"), "changed");
  // And goes on over the same connection.
  const std::string next = host.json("/api/v1/wake").at("after");
  host.ask("/api/v1/wake?after=" + next);
  until_waiting(1);
  publish("3");
  EXPECT_EQ(Client::body_of(host.answer()).at("reason"), "changed");
}

TEST_F(TlsTest, AHostThatGoesMakesRoom) {
  start();
  {
    const Client host(port());
    host.ask("/api/v1/wake?after=" + host.json("/api/v1/wake").at("after").get<std::string>());
    until_waiting(1);
  }
  until_waiting(0);
}

TEST_F(TlsTest, StoppingAnswersThoseThatWaitAndEndsTheRest) {
  options_.limits.handshake_timeout = 10min;
  options_.limits.header_timeout = 10min;
  options_.limits.stop_grace = 5min;
  start();
  const Client host(port());
  host.ask("/api/v1/wake?after=" + host.json("/api/v1/wake").at("after").get<std::string>());
  const Client idle(port());
  EXPECT_TRUE(idle.get("/healthz").starts_with("HTTP/1.1 200 "));
  const Socket silent(port());
  until_waiting(1);
  const auto begin = std::chrono::steady_clock::now();
  server_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1min);
  const std::string answer = host.answer();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 204")) << answer;
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  for (const Client* client : {&host, &idle}) {
    EXPECT_EQ(client->answer(), "");
    EXPECT_TRUE(client->was_told_the_end());
  }
  EXPECT_EQ(silent.rest(), "");
  EXPECT_FALSE(Socket(port()).connected());
}

TEST_F(TlsTest, StoppingLetsAResponseUnderWayEnd) {
  const std::string big(32u << 20, 'x');
  put("targets/big.ko", big);
  start();
  const Client client(port());
  client.ask("/repository/targets/big.ko");
  client.until_answered();
  // More than the sockets hold on both ends is still to come.
  std::jthread stopping([this] { server_->stop(); });
  while (Socket(port()).connected()) std::this_thread::sleep_for(1ms);
  const std::string answer = client.answer();
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, big.size());
  EXPECT_EQ(client.answer(), "");
  EXPECT_TRUE(client.was_told_the_end());
}

TEST_F(TlsTest, TheLogSaysWhatAnAdministratorMustKnow) {
  std::ostringstream text;
  const auto old = spdlog::default_logger();
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::ostream_sink_mt>(text)));
  const TestCertificate soon("soon", nullptr, 3);
  soon.write_to(folder_.path());
  EXPECT_EQ(refusal_of_files(), "");
  EXPECT_NE(text.str().find("expires on"), std::string::npos) << text.str();
  const TestCertificate late("late", nullptr, -1);
  late.write_to(folder_.path());
  EXPECT_EQ(refusal_of_files(), "");
  EXPECT_NE(text.str().find("expired on"), std::string::npos) << text.str();
  spdlog::set_default_logger(old);
}

TEST(IsPublic, MeansThatStrangersReachIt) {
  for (const char* address : {"0.0.0.0", "::", "192.0.2.1", "172.32.0.1", "2001:db8::1", "11.0.0.1"}) {
    EXPECT_TRUE(is_public({address, 80})) << address;
  }
  for (const char* address : {"127.0.0.1", "127.8.8.8", "::1", "10.0.0.1", "172.16.0.1", "172.31.255.255",
                              "192.168.1.1", "169.254.1.1", "fd00::1", "fe80::1"}) {
    EXPECT_FALSE(is_public({address, 80})) << address;
  }
}

}  // namespace
}  // namespace suture::server
