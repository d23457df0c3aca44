// SPDX-License-Identifier: Apache-2.0
//
// The real server on a real loopback port, spoken to by libcurl, and by bare sockets where a client must
// misbehave as libcurl never would.
#include "server/server.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <list>
#include <thread>

#include "base/file.h"
#include "base/json.h"
#include "base/metrics_text.h"
#include "base/process.h"
#include "database.h"
#include "fleet.h"
#include "server/access/access_store.h"
#include "server/access/password.h"
#include "server/access/user_store.h"

namespace suture::server {
namespace {

using namespace std::chrono_literals;

struct Answer {
  long status = 0;
  std::string headers{};
  std::string body{};
  Json json() const { return Json::parse(body); }
  bool has(std::string_view header) const { return headers.find(header) != std::string::npos; }
  std::string header(const std::string& name) const {
    const auto at = headers.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const auto start = at + name.size() + 4;
    return headers.substr(start, headers.find("\r\n", start) - start);
  }
};

std::size_t append(char* data, std::size_t size, std::size_t count, void* out) {
  static_cast<std::string*>(out)->append(data, size * count);
  return size * count;
}

/// One request over a connection of its own. A status of 0: no response came.
class Ask {
 public:
  explicit Ask(const std::string& url) : curl_(curl_easy_init()) {
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PATH_AS_IS, 1L);
    set(CURLOPT_NOPROXY, "*");
    set(CURLOPT_TIMEOUT, 20L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_WRITEFUNCTION, append);
    set(CURLOPT_WRITEDATA, &answer_.body);
    set(CURLOPT_HEADERFUNCTION, append);
    set(CURLOPT_HEADERDATA, &answer_.headers);
  }
  Ask(const Ask&) = delete;
  Ask& operator=(const Ask&) = delete;
  ~Ask() {
    curl_slist_free_all(headers_);
    curl_easy_cleanup(curl_);
  }

  Ask& header(const std::string& line) {
    headers_ = curl_slist_append(headers_, line.c_str());
    return *this;
  }
  Ask& head() {
    set(CURLOPT_NOBODY, 1L);
    return *this;
  }
  Ask& method(const char* name) {
    set(CURLOPT_CUSTOMREQUEST, name);
    return *this;
  }
  Ask& json(std::string text) {
    body_ = std::move(text);
    set(CURLOPT_POSTFIELDSIZE, static_cast<long>(body_.size()));
    set(CURLOPT_POSTFIELDS, body_.data());
    return header("Content-Type: application/json");
  }
  Answer now() {
    set(CURLOPT_HTTPHEADER, headers_);
    curl_easy_perform(curl_);
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &answer_.status);
    return answer_;
  }

 private:
  template <class T>
  void set(CURLoption option, T value) {
    curl_easy_setopt(curl_, option, value);
  }
  CURL* curl_;
  curl_slist* headers_ = nullptr;
  std::string body_;
  Answer answer_;
};

/// A client that sends what it likes.
class BareClient {
 public:
  explicit BareClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  BareClient(const BareClient&) = delete;
  BareClient& operator=(const BareClient&) = delete;
  ~BareClient() { ::close(fd_); }

  bool connected() const { return connected_; }
  bool send(std::string_view text) const {
    return ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  /// All that comes until the server closes, or patience ends.
  std::string rest() const {
    std::string out;
    char buffer[4096];
    for (ssize_t count = 0; (count = ::recv(fd_, buffer, sizeof buffer, 0)) > 0;) {
      out.append(buffer, static_cast<std::size_t>(count));
    }
    return out;
  }

 private:
  int fd_;
  bool connected_ = false;
};

class ServerTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    spdlog::set_level(spdlog::level::off);
  }

  void SetUp() override {
    options_.listen = {"127.0.0.1", 0};
    options_.repository = folder_.path() / "repository";
    options_.database = database_;
    big_.resize(300'000);
    for (std::size_t i = 0; i < big_.size(); ++i) big_[i] = static_cast<char>(i * 7 + i / 256);
    put("metadata/timestamp.json", "{\"signed\":1}\n");
    put("metadata/1.root.json", "{}\n");
    put("targets/big.ko", big_);
    put("targets/empty", "");
    ASSERT_TRUE(write_file(folder_.path() / "secret", "do not serve me"));
  }

  void start() {
    auto server = Server::start(options_);
    ASSERT_TRUE(server) << server.error().message();
    server_ = std::move(*server);
  }
  void put(const std::string& name, std::string_view text) const {
    ASSERT_TRUE(write_file(options_.repository / name, text));
  }
  std::string url(const std::string& path) const {
    return fmt::format("http://127.0.0.1:{}{}", server_->port(), path);
  }
  Answer get(const std::string& path) const { return Ask(url(path)).now(); }
  Answer report(unsigned number) const { return Ask(url("/api/v1/reports")).json(report_text(number)).now(); }

  TempDir folder_ = *TempDir::make("suture-server");
  NewDatabase database_;
  std::string big_;
  ServerOptions options_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, TakesReportsAndShowsTheFleet) {
  start();
  EXPECT_EQ(report(1).status, 202);
  const auto hosts = get("/api/v1/hosts?state=applied");
  EXPECT_EQ(hosts.status, 200);
  EXPECT_EQ(hosts.header("Content-Type"), "application/json");
  EXPECT_EQ(hosts.json().at("hosts").at(0).at("host_id"), host_id(1));
  EXPECT_EQ(get("/api/v1/summary").json().at("hosts"), 1);
  EXPECT_EQ(get("/healthz").status, 200);
  const auto head = Ask(url("/api/v1/summary")).head().now();
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_NE(head.header("Content-Length"), "0");
}

TEST_F(ServerTest, PeopleLogInOverTheWire) {
  options_.proxies = {"127.0.0.1"};
  start();
  auto users = *UserStore::open(options_.database);
  const auto now = std::chrono::system_clock::now();
  const std::string hash = *hash_password("a password for alice");
  ASSERT_TRUE(users.add({.name = "alice", .role = Role::kAdmin, .password = hash}, "local test", now));
  const auto log_in = [&](const char* password) {
    const Json login{{"name", "alice"}, {"password", password}};
    // The proxy's word is the last one; the first is the client's own.
    Ask ask(url("/api/v1/session"));
    return ask.json(login.dump()).header("X-Forwarded-For: 192.0.2.66").header("X-Forwarded-For: ::1").now();
  };
  EXPECT_EQ(get("/api/v1/summary").status, 401);
  EXPECT_EQ(log_in("wrong").json().at("error").at("code"), "session.refused");
  const auto begun = log_in("a password for alice");
  ASSERT_EQ(begun.status, 200) << begun.body;
  EXPECT_FALSE(begun.has("Strict-Transport-Security"));
  const std::string cookie = begun.header("Set-Cookie").substr(0, begun.header("Set-Cookie").find(';'));
  const auto as_alice = [&](const char* method, const char* path, const std::string& csrf,
                            const char* origin) {
    Ask ask(url(path));
    ask.method(method).header("Cookie: a=b; " + cookie).header("X-CSRF-Token: " + csrf);
    return ask.header(std::string("Origin: ") + origin).now();
  };
  const std::string csrf = begun.json().at("csrf");
  const std::string origin = fmt::format("http://127.0.0.1:{}", server_->port());
  EXPECT_EQ(as_alice("GET", "/api/v1/summary", "", origin.c_str()).status, 200);
  EXPECT_EQ(as_alice("POST", "/api/v1/wake", csrf, origin.c_str()).status, 202);
  EXPECT_EQ(as_alice("POST", "/api/v1/wake", "", origin.c_str()).status, 403);
  EXPECT_EQ(as_alice("POST", "/api/v1/wake", csrf, "http://127.0.0.1:1").status, 403);
  EXPECT_EQ(as_alice("DELETE", "/api/v1/session", csrf, origin.c_str()).status, 200);
  EXPECT_EQ(as_alice("GET", "/api/v1/summary", "", origin.c_str()).status, 401);
  const auto log = *AccessStore::open(options_.database)->entries(INT64_MAX, 10);
  EXPECT_EQ(log.items.at(log.items.size() - 2).event.who, "anonymous ::1");
}

TEST_F(ServerTest, LoginsAtTheSameTimeWaitForEachOtherAndHoldUpNobody) {
  start();
  std::vector<std::jthread> guessers;
  std::atomic<int> answered = 0;
  for (int i = 0; i < 24; ++i) {
    guessers.emplace_back([&] {
      Ask ask(url("/api/v1/session"));
      const auto answer = ask.json(R"({"name": "nobody", "password": "a password of nobody"})").now();
      if (answer.status == 401 || answer.status == 429 || answer.status == 503) ++answered;
    });
  }
  EXPECT_EQ(report(1).status, 202);
  guessers.clear();
  EXPECT_EQ(answered, 24);
}

TEST_F(ServerTest, ATokenThatIsMadeMeanwhileClosesIt) {
  options_.wake_token = "a token in a file";
  start();
  EXPECT_EQ(get("/api/v1/summary").status, 200);
  auto tokens = *AccessStore::open(options_.database);
  const auto added =
      tokens.add({.name = "ci", .role = Role::kOperator}, "local test", std::chrono::system_clock::now());
  ASSERT_TRUE(added) << added.error().message();
  const auto refused = get("/api/v1/summary");
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.header("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(refused.header("X-Frame-Options"), "DENY");
  for (const char* path : {"/healthz", "/repository/targets/big.ko", "/api/v1/wake"})
    EXPECT_EQ(get(path).status, 200);
  EXPECT_EQ(report(1).status, 202);
  Ask reading(url("/api/v1/summary"));
  EXPECT_EQ(reading.header("Authorization: Bearer " + added->secret).now().json().at("hosts"), 1);
  for (const std::string& secret : {added->secret, options_.wake_token}) {
    Ask calling(url("/api/v1/wake"));
    EXPECT_EQ(calling.method("POST").header("Authorization: Bearer " + secret).now().status, 202);
  }
  Ask managing(url("/api/v1/tokens"));
  EXPECT_EQ(managing.header("Authorization: Bearer " + added->secret).now().status, 403);
  // From afar the address is known: many wrong ones are too many.
  long last = 0;
  for (int i = 0; i < 1000 && last != 429; ++i) {
    Ask guessing(url("/api/v1/summary"));
    last = guessing.header("Authorization: Bearer wrong").now().status;
  }
  EXPECT_EQ(last, 429);
}

TEST_F(ServerTest, RefusesWhatIsWrongAsJson) {
  start();
  const std::string reports = url("/api/v1/reports");
  EXPECT_EQ(Ask(reports).json("{\"format\":").now().status, 400);
  EXPECT_EQ(Ask(reports).json("{}").now().json().at("error").at("code"), "report.schema");
  EXPECT_EQ(Ask(reports).json("{}").header("Content-Encoding: gzip").now().status, 415);
  EXPECT_EQ(get("/api/v1/reports").status, 405);
  EXPECT_EQ(get("/api/v1/reports").header("Allow"), "POST");
  EXPECT_EQ(get("/nothing").status, 404);
  EXPECT_EQ(get("/nothing").json().at("error").at("code"), "request.path");
  const auto deleted = Ask(url("/repository/targets/big.ko")).method("DELETE").now();
  EXPECT_EQ(deleted.status, 405);
  EXPECT_TRUE(std::filesystem::exists(options_.repository / "targets/big.ko"));
}

TEST_F(ServerTest, RefusesBodiesThatAreTooLong) {
  start();
  const auto declared = Ask(url("/api/v1/reports")).json(std::string((1u << 20) + 1, ' ')).now();
  EXPECT_EQ(declared.status, 413);
  EXPECT_EQ(declared.json().at("error").at("code"), "request.too-large");
  const auto chunked = Ask(url("/api/v1/reports"))
                           .header("Transfer-Encoding: chunked")
                           .json(std::string((1u << 20) + 1, ' '))
                           .now();
  EXPECT_EQ(chunked.status, 413);
  const auto header = Ask(url("/healthz")).header("X-Long: " + std::string(20'000, 'x')).now();
  EXPECT_EQ(header.status, 431);
}

TEST_F(ServerTest, ServesFilesWholeAndInParts) {
  start();
  const std::string file = "/repository/targets/big.ko";
  const auto whole = get(file);
  EXPECT_EQ(whole.status, 200);
  EXPECT_EQ(whole.body, big_);
  EXPECT_EQ(whole.header("Accept-Ranges"), "bytes");
  const auto head = Ask(url(file)).head().now();
  EXPECT_EQ(head.header("Content-Length"), "300000");
  EXPECT_EQ(head.header("ETag"), whole.header("ETag"));
  const auto part = Ask(url(file)).header("Range: bytes=100000-299999").now();
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, big_.substr(100'000));
  EXPECT_EQ(part.header("Content-Range"), "bytes 100000-299999/300000");
  EXPECT_EQ(Ask(url(file)).header("Range: bytes=-5").now().body, big_.substr(299'995));
  const auto outside = Ask(url(file)).header("Range: bytes=300000-").now();
  EXPECT_EQ(outside.status, 416);
  EXPECT_EQ(outside.header("Content-Range"), "bytes */300000");
  const auto empty = get("/repository/targets/empty");
  EXPECT_EQ(empty.status, 200);
  EXPECT_EQ(empty.header("Content-Length"), "0");
}

TEST_F(ServerTest, KnowsWhetherAFileHasChanged) {
  start();
  const std::string file = "/repository/metadata/timestamp.json";
  const std::string etag = get(file).header("ETag");
  const auto same = Ask(url(file)).header("If-None-Match: " + etag).now();
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.body, "");
  EXPECT_EQ(Ask(url(file)).header("Range: bytes=0-1").header("If-Range: " + etag).now().status, 206);
  put("metadata/timestamp.json", "{\"signed\":2}\n");
  EXPECT_EQ(Ask(url(file)).header("If-None-Match: " + etag).now().body, "{\"signed\":2}\n");
  EXPECT_EQ(Ask(url(file)).header("Range: bytes=0-1").header("If-Range: " + etag).now().status, 200);
  EXPECT_EQ(get(file).header("Cache-Control"), "no-cache");
  EXPECT_NE(get("/repository/metadata/1.root.json").header("Cache-Control").find("immutable"),
            std::string::npos);
}

TEST_F(ServerTest, ServesNothingOutsideTheRepository) {
  std::filesystem::create_symlink(folder_.path() / "secret", options_.repository / "absolute");
  std::filesystem::create_symlink("../secret", options_.repository / "relative");
  std::filesystem::create_symlink("..", options_.repository / "up");
  std::filesystem::create_symlink("targets/big.ko", options_.repository / "inside");
  std::filesystem::create_symlink("/proc/self/root", options_.repository / "magic");
  ASSERT_EQ(::mkfifo((options_.repository / "fifo").c_str(), 0644), 0);
  start();
  for (const std::string path : {"../secret",
                                 "metadata/../../secret",
                                 "%2e%2e/secret",
                                 "..%2fsecret",
                                 "%2e%2e%2fsecret",
                                 "/etc/passwd",
                                 "%2fetc%2fpasswd",
                                 "absolute",
                                 "relative",
                                 "up/secret",
                                 "magic/etc/passwd",
                                 "fifo",
                                 "",
                                 ".",
                                 "metadata",
                                 "metadata/",
                                 "targets/big.ko/",
                                 "absent",
                                 "..",
                                 "....//secret"}) {
    const auto answer = get("/repository/" + path);
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_EQ(answer.body.find("serve me"), std::string::npos) << path;
  }
  EXPECT_EQ(get("/repository/targets/%00").status, 400);
  EXPECT_EQ(get("/repository/" + std::string(6000, 'a')).status, 404);
  EXPECT_EQ(get("/repository/inside").body, big_);
}

TEST_F(ServerTest, AnswersMalformedRequestsAndGoesOn) {
  start();
  for (const std::string_view text :
       {"GET\r\n\r\n", "\x16\x03\x01\x02 hello\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"}) {
    const BareClient client(server_->port());
    ASSERT_TRUE(client.send(text));
    EXPECT_TRUE(client.rest().starts_with("HTTP/1.1 400 ")) << text;
  }
  const BareClient pipelined(server_->port());
  ASSERT_TRUE(
      pipelined.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
                     "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  const std::string both = pipelined.rest();
  EXPECT_NE(both.find("200 OK", both.find("200 OK") + 1), std::string::npos);
}

TEST_F(ServerTest, ClosesOnClientsThatAreTooSlow) {
  options_.limits.header_timeout = 300ms;
  options_.limits.body_timeout = 300ms;
  start();
  const BareClient silent(server_->port());
  const BareClient trickle(server_->port());
  const BareClient half_body(server_->port());
  ASSERT_TRUE(half_body.send("POST /api/v1/reports HTTP/1.1\r\nContent-Length: 100\r\n\r\n{"));
  const auto begin = std::chrono::steady_clock::now();
  // A byte now and then does not buy more time.
  for (int i = 0; i < 20 && trickle.send(i == 0 ? "G" : "E"); ++i) std::this_thread::sleep_for(50ms);
  EXPECT_EQ(trickle.rest().find("200"), std::string::npos);
  EXPECT_EQ(silent.rest(), "");
  EXPECT_EQ(half_body.rest(), "");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  EXPECT_EQ(get("/healthz").status, 200);
}

TEST_F(ServerTest, ServesManyAtOnce) {
  start();
  std::atomic<int> good = 0;
  std::vector<std::jthread> clients;
  for (unsigned i = 0; i < 32; ++i) {
    clients.emplace_back([&, i] {
      for (unsigned j = 0; j < 5; ++j) {
        good += report(i * 5 + j).status == 202;
        good += get("/repository/targets/big.ko").body == big_;
      }
    });
  }
  clients.clear();
  EXPECT_EQ(good, 32 * 5 * 2);
  EXPECT_EQ(get("/api/v1/summary").json().at("hosts"), 160);
}

TEST_F(ServerTest, EachOfManyReportsHasItsOwnAnswer) {
  start();
  std::atomic<int> good = 0;
  std::atomic<int> refused = 0;
  std::vector<std::jthread> clients;
  for (unsigned i = 0; i < 16; ++i) {
    clients.emplace_back([&, i] {
      for (unsigned j = 0; j < 10; ++j) {
        good += report(i * 10 + j).status == 202;
        const auto broken = Ask(url("/api/v1/reports")).json("{\"host_id\": 1}").now();
        refused += broken.status == 400 && broken.json().at("error").at("code") == "report.schema";
      }
    });
  }
  clients.clear();
  EXPECT_EQ(good, 160);
  EXPECT_EQ(refused, 160);
  EXPECT_EQ(get("/api/v1/summary").json().at("hosts"), 160);
}

TEST_F(ServerTest, WhatWasAcceptedOutlastsAStopInTheMiddle) {
  options_.limits.stop_grace = 0ms;
  start();
  const std::string reports = url("/api/v1/reports");
  std::atomic<unsigned> accepted = 0;
  std::vector<std::jthread> clients;
  for (unsigned i = 0; i < 16; ++i) {
    clients.emplace_back([&, i] {
      for (unsigned j = 0; Ask(reports).json(report_text(i * 100'000 + j)).now().status == 202; ++j)
        accepted++;
    });
  }
  while (accepted < 50) std::this_thread::sleep_for(1ms);
  server_.reset();
  clients.clear();
  start();
  // One whose answer was cut off may be there, too.
  EXPECT_GE(get("/api/v1/summary").json().at("hosts"), accepted.load());
  EXPECT_LE(get("/api/v1/summary").json().at("hosts"), accepted.load() + 16);
}

TEST_F(ServerTest, TurnsAwayMoreThanItsLimitAndRecovers) {
  options_.limits.connections = 4;
  start();
  {
    std::list<BareClient> idle;
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(idle.emplace_back(server_->port()).connected());
    std::this_thread::sleep_for(100ms);
    const auto refused = BareClient(server_->port()).rest();
    EXPECT_TRUE(refused.starts_with("HTTP/1.1 503 ")) << refused;
  }
  long status = 0;
  for (int i = 0; i < 50 && status != 200; ++i) {
    status = get("/healthz").status;
    if (status != 200) std::this_thread::sleep_for(20ms);
  }
  EXPECT_EQ(status, 200);
}

TEST_F(ServerTest, KeepsHostsOverARestart) {
  start();
  ASSERT_EQ(report(7).status, 202);
  server_.reset();
  start();
  EXPECT_EQ(get("/api/v1/hosts/" + host_id(7)).json().at("hostname"), "web7");
}

TEST_F(ServerTest, StopsAtOnceWhenAllAreIdle) {
  start();
  const BareClient idle(server_->port());
  ASSERT_TRUE(idle.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"));
  std::this_thread::sleep_for(100ms);
  const auto begin = std::chrono::steady_clock::now();
  std::jthread reader([&] { EXPECT_TRUE(idle.rest().starts_with("HTTP/1.1 200 ")); });
  server_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 4s);
  EXPECT_FALSE(BareClient(server_->port()).connected());
}

/// What only a file has.
class ServerFileTest : public ServerTest {};

TEST_F(ServerFileTest, AnswersWithAFullDatabase) {
  options_.database = folder_.path() / "state" / "fleet.db";
  options_.store_limits.database_pages = 160;
  start();
  Answer last{.status = 202};
  for (unsigned i = 0; last.status == 202 && i < 1000; ++i) last = report(i);
  EXPECT_EQ(last.status, 503);
  EXPECT_EQ(last.header("Retry-After"), "60");
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(get("/api/v1/hosts").status, 200);
  EXPECT_EQ(get("/repository/targets/big.ko").status, 200);
}

TEST_F(ServerTest, AnswersWhenTheDatabaseIsTakenApart) {
  start();
  // On PostgreSQL with the locks in the order in which the server's own threads take them.
  ASSERT_TRUE(database_.execute("DROP TABLE host_cves; DROP TABLE reports; DROP TABLE hosts",
                                "DROP TABLE hosts, host_cves, reports CASCADE"));
  EXPECT_EQ(report(1).status, 503);
  EXPECT_EQ(get("/healthz").status, 503);
  EXPECT_EQ(get("/api/v1/summary").status, 503);
  EXPECT_EQ(get("/repository/metadata/timestamp.json").status, 200);
}

TEST_F(ServerTest, TellsPrometheusWhatItDoes) {
  put("metadata/timestamp.json", R"({"signed": {"expires": "2030-01-01T00:00:00Z"}})");
  start();
  EXPECT_EQ(report(1).status, 202);
  EXPECT_EQ(Ask(url("/api/v1/reports")).json("{}").now().status, 400);
  EXPECT_EQ(get("/repository/targets/big.ko").status, 200);
  EXPECT_EQ(get("/nowhere").status, 404);
  const auto answer = get("/metrics");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Content-Type"), kMetricsType);
  for (const std::string_view line : {
           R"(suture_server_requests_total{route="/api/v1/reports",method="POST",status="202"} 1)",
           R"(suture_server_requests_total{route="/repository/PATH",method="GET",status="200"} 1)",
           R"(suture_server_requests_total{route="none",method="any",status="404"} 1)",
           R"(suture_server_reports_total{result="taken"} 1)",
           R"(suture_server_reports_total{result="report.schema"} 1)",
           R"(suture_server_reports_total{result="host.clock"} 0)",
           R"(suture_fleet_hosts{state="applied"} 1)",
           R"(suture_fleet_exposure_hosts{exposure="unknown"} 1)",
           R"(suture_fleet_level_hosts{level="1"} 1)",
           R"(suture_fleet_release_hosts{release="6.1.0-47-cloud-amd64",level="1"} 1)",
           R"(suture_fleet_silent_hosts 0)",
           R"(suture_server_database_up 1)",
           R"(suture_repository_metadata_expiry_timestamp_seconds 1893456000)",
       }) {
    EXPECT_NE(("\n" + answer.body).find(fmt::format("\n{}\n", line)), std::string::npos) << line;
  }
  const auto said = run({.argv = {"promtool", "check", "metrics"}, .input = answer.body});
  ASSERT_TRUE(said) << said.error().message();
  EXPECT_EQ(said->out + said->err, "");
  EXPECT_EQ(said->status, 0);
}

TEST_F(ServerTest, StartsOnlyWithWhatItNeeds) {
  options_.repository = folder_.path() / "absent";
  EXPECT_EQ(Server::start(options_).error().code, "server.repository");
  options_.repository.clear();
  start();
  EXPECT_EQ(get("/repository/metadata/timestamp.json").status, 404);
  auto second = options_;
  second.listen.port = server_->port();
  EXPECT_EQ(Server::start(second).error().code, "server.listen");
}

TEST(ParseEndpoint, TakesNumericAddressesOnly) {
  EXPECT_EQ(parse_endpoint("127.0.0.1:80")->port, 80);
  EXPECT_EQ(parse_endpoint("[::1]:0")->address, "::1");
  for (const char* text : {"", "80", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:8x",
                           "localhost:80", "::1:80", "[127.0.0.1]:80", "[::1:80", "127.0.0.1:-1"}) {
    ASSERT_FALSE(parse_endpoint(text)) << text;
    EXPECT_EQ(parse_endpoint(text).error().code, "server.listen");
  }
}

}  // namespace
}  // namespace suture::server
