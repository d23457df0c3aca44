// SPDX-License-Identifier: Apache-2.0
//
// Hosts that wait for a call, over real sockets.
#include "server/fleet/wake.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <thread>

#include "base/file.h"
#include "base/json.h"
#include "database.h"
#include "server/server.h"

namespace suture::server {
namespace {

// A sanitizer's own memory would be measured, and its time be waited for.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif

using namespace std::chrono_literals;

constexpr std::string_view kToken = "an operator's very own token";

/// One connection, which may be kept.
class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("no connection to the server");
    }
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { ::close(fd_); }

  void ask(const std::string& method, const std::string& target, const std::string& headers = {}) const {
    const std::string text = method + " " + target + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
    ASSERT_EQ(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  void wait_after(const std::string& word) const { ask("GET", "/api/v1/wake?after=" + word); }
  /// Header and body of one answer.
  std::string answer() const {
    std::string text;
    char block[4096];
    for (;;) {
      const auto end = text.find("\r\n\r\n");
      if (end != std::string::npos) {
        const auto at = text.find("Content-Length: ");
        const std::size_t length = at < end ? std::stoul(text.substr(at + 16)) : 0;
        if (text.size() >= end + 4 + length) return text;
      }
      pollfd waiting{fd_, POLLIN, 0};
      if (::poll(&waiting, 1, 60'000) != 1) throw std::runtime_error("no answer");
      const ssize_t got = ::recv(fd_, block, sizeof block, 0);
      if (got <= 0) return text;
      text.append(block, static_cast<std::size_t>(got));
    }
  }

 private:
  int fd_;
};

Json body_of(const std::string& answer) {
  return Json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
}

class WakeTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { spdlog::set_level(spdlog::level::off); }
  void SetUp() override {
    options_.listen = {"127.0.0.1", 0};
    options_.repository = folder_.path() / "repository";
    options_.database = database_;
    options_.wake_token = kToken;
    options_.limits.look_time = 10ms;
    publish("1");
  }
  void publish(const std::string& what) const {
    ASSERT_TRUE(write_file(options_.repository / "metadata/timestamp.json", what));
  }
  void start() {
    auto server = Server::start(options_);
    ASSERT_TRUE(server) << server.error().message();
    server_ = std::move(*server);
  }
  std::unique_ptr<Client> client() const { return std::make_unique<Client>(server_->port()); }
  /// One answer over a connection of its own.
  std::string ask(const std::string& method, const std::string& target,
                  const std::string& headers = {}) const {
    const auto one = client();
    one->ask(method, target, headers);
    return one->answer();
  }
  std::string word() const { return body_of(ask("GET", "/api/v1/wake")).at("after"); }
  void until_waiting(std::size_t count) const {
    while (server_->waiting() != count) std::this_thread::sleep_for(1ms);
  }
  /// Once so many wait, calls them.
  void call(std::size_t count) const {
    until_waiting(count);
    const std::string token = "Authorization: Bearer " + std::string(kToken) + "\r\nContent-Length: 0\r\n";
    EXPECT_EQ(body_of(ask("POST", "/api/v1/wake", token)).at("called"), count);
  }

  TempDir folder_ = TempDir::make("suture-wake").value();
  NewDatabase database_;
  ServerOptions options_;
  std::unique_ptr<Server> server_;
};

TEST_F(WakeTest, TheFirstQuestionIsAnsweredAtOnce) {
  start();
  const Json first = body_of(ask("GET", "/api/v1/wake"));
  EXPECT_EQ(first.at("reason"), "state");
  EXPECT_EQ(first.at("after").get<std::string>().size(), 16u);
}

TEST_F(WakeTest, AChangedRepositoryCallsThoseThatWait) {
  start();
  const auto one = client();
  const std::string before = word();
  one->wait_after(before);
  publish("2");
  const Json called = body_of(one->answer());
  EXPECT_EQ(called.at("reason"), "changed");
  EXPECT_NE(called.at("after"), before);
  EXPECT_EQ(called.at("after"), word());
}

TEST_F(WakeTest, WhoWasAwayMeanwhileIsAnsweredAtOnce) {
  start();
  const std::string before = word();
  publish("2");
  while (word() == before) std::this_thread::sleep_for(5ms);
  EXPECT_EQ(body_of(ask("GET", "/api/v1/wake?after=" + before)).at("reason"), "changed");
}

TEST_F(WakeTest, ARestartCallsNobody) {
  start();
  const std::string before = word();
  server_.reset();
  start();
  EXPECT_EQ(word(), before);
}

TEST_F(WakeTest, WithoutAReasonTheAnswerIsEmptyAfterAWhile) {
  options_.limits.wake_time = 50ms;
  start();
  const auto one = client();
  const std::string same = word();
  for (int i = 0; i < 3; i++) {
    one->wait_after(same);
    const std::string answer = one->answer();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 204")) << answer;
    EXPECT_EQ(answer.find("Content-Length"), std::string::npos);
  }
}

TEST_F(WakeTest, AnOperatorCallsUrgently) {
  start();
  const auto one = client();
  one->wait_after(word());
  call(1);
  EXPECT_EQ(body_of(one->answer()).at("reason"), "urgent");
}

TEST_F(WakeTest, OnlyTheOperatorMayCall) {
  start();
  const std::string nothing = "Content-Length: 0\r\n";
  EXPECT_TRUE(ask("POST", "/api/v1/wake", nothing).starts_with("HTTP/1.1 401"));
  EXPECT_TRUE(ask("POST", "/api/v1/wake", nothing + "Authorization: Bearer an operator's very own tokex\r\n")
                  .starts_with("HTTP/1.1 401"));
  server_.reset();
  options_.wake_token.clear();
  start();
  EXPECT_TRUE(
      ask("POST", "/api/v1/wake", nothing + "Authorization: Bearer \r\n").starts_with("HTTP/1.1 401"));
}

TEST_F(WakeTest, WhatIsNoQuestionIsRefused) {
  start();
  for (const char* target : {"/api/v1/wake?after=1", "/api/v1/wake?before=0123456789abcdef",
                             "/api/v1/wake?after=0123456789ABCDEF"}) {
    EXPECT_TRUE(ask("GET", target).starts_with("HTTP/1.1 400")) << target;
  }
  EXPECT_TRUE(ask("PUT", "/api/v1/wake", "Content-Length: 0\r\n").starts_with("HTTP/1.1 405"));
}

TEST_F(WakeTest, ThoseThatWaitAreBoundedAndKeepNobodyOut) {
  options_.limits.connections = 3;
  options_.limits.waiting = 5;
  start();
  const std::string same = word();
  std::vector<std::unique_ptr<Client>> hosts;
  for (std::size_t i = 1; i <= 5; i++) {
    hosts.push_back(client());
    hosts.back()->wait_after(same);
    until_waiting(i);
  }
  EXPECT_NE(ask("GET", "/api/v1/wake?after=" + same).find("server.busy"), std::string::npos);
  EXPECT_TRUE(ask("GET", "/healthz").starts_with("HTTP/1.1 200"));
  call(5);
  for (const auto& host : hosts) EXPECT_EQ(body_of(host->answer()).at("reason"), "urgent");
}

TEST_F(WakeTest, OneThatGoesMakesRoom) {
  options_.limits.waiting = 1;
  start();
  const std::string same = word();
  {
    const auto one = client();
    one->wait_after(same);
    until_waiting(1);
  }
  until_waiting(0);
  const auto next = client();
  next->wait_after(same);
  call(1);
  EXPECT_EQ(body_of(next->answer()).at("reason"), "urgent");
}

TEST_F(WakeTest, StoppingLetsThemGo) {
  start();
  const auto one = client();
  one->wait_after(word());
  until_waiting(1);
  server_->stop();
  EXPECT_TRUE(one->answer().starts_with("HTTP/1.1 204"));
}

std::size_t resident_kib() {
  const std::string text = read_text_file("/proc/self/status").value();
  return std::stoul(text.substr(text.find("VmRSS:") + 6));
}

TEST_F(WakeTest, ThousandsWaitForLittle) {
  constexpr std::size_t kHosts = kSanitized ? 200 : 3000;
  // Both ends are in this process.
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < 2 * kHosts + 100) GTEST_SKIP() << "this machine allows too few open files";
  // They all come at once, and a busy machine has not read the first one's request before the last one
  // connects.
  options_.limits.connections = 2 * kHosts;
  start();
  const std::string same = word();
  const std::size_t before = resident_kib();
  std::vector<std::unique_ptr<Client>> hosts;
  for (std::size_t i = 0; i < kHosts; i++) {
    hosts.push_back(client());
    hosts.back()->wait_after(same);
  }
  until_waiting(kHosts);
  const std::size_t each = (resident_kib() - before) * 1024 / kHosts;
  call(kHosts);
  RecordProperty("bytes_a_host", static_cast<int>(each));
  for (const auto& host : hosts) EXPECT_EQ(body_of(host->answer()).at("reason"), "urgent");
  if (!kSanitized) {
    EXPECT_LT(each, 32u << 10);
  }
}

}  // namespace
}  // namespace suture::server
