// SPDX-License-Identifier: Apache-2.0
#include "agent/metrics_endpoint.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <optional>

#include "agent/metrics_answer.h"
#include "base/file.h"

namespace suture {
namespace {

Result<std::string> some_metrics() {
  return "suture_level 2\n";
}

MetricsAddress address(std::string_view text) {
  const auto parsed = parse_metrics_address(text);
  EXPECT_TRUE(parsed) << parsed.error().message();
  return parsed.value_or(MetricsAddress{});
}

/// A client in the same thread as the daemon's loop.
class Client {
 public:
  explicit Client(const MetricsAddress& to)
      : fd_(::socket(to.socket.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const auto* generic = reinterpret_cast<const struct sockaddr*>(&to.socket);
    EXPECT_EQ(::connect(fd_, generic, to.length), 0) << std::strerror(errno);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { ::close(fd_); }

  void say(std::string_view text) const {
    ASSERT_EQ(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  void say_no_more() const { ::shutdown(fd_, SHUT_WR); }

  /// Runs the loop until the answer has come to its end; the given time is that of a test that hangs.
  std::string answer(MetricsEndpoint& endpoint) const {
    std::string text;
    for (;;) {
      struct pollfd fds[] = {{endpoint.fd(), POLLIN, 0}, {fd_, POLLIN, 0}};
      if (::poll(fds, 2, 20'000) <= 0) return text + " and no end";
      if ((fds[0].revents & POLLIN) != 0) endpoint.serve(some_metrics);
      if (fds[1].revents == 0) continue;
      char buffer[4096];
      const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
      if (got <= 0) return text;
      text.append(buffer, static_cast<std::size_t>(got));
    }
  }

 private:
  int fd_;
};

/// Until there is nothing to do.
void settle(MetricsEndpoint& endpoint) {
  struct pollfd fd = {endpoint.fd(), POLLIN, 0};
  while (::poll(&fd, 1, 0) > 0) endpoint.serve(some_metrics);
}

constexpr const char* kGet = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\r'));
}

TEST(MetricsAddress, MustBeOfThisMachineAlone) {
  for (const char* good : {"127.0.0.1:9798", "127.8.9.1:1", "[::1]:65535", "/run/suture/metrics.sock"}) {
    EXPECT_TRUE(parse_metrics_address(good)) << good;
  }
  for (const char* bad :
       {"", ":9798", "9798", "0.0.0.0:9798", "10.0.0.1:9798", "128.0.0.1:9798", "[::]:9798", "[fe80::1]:9798",
        "[::ffff:10.0.0.1]:9798", "localhost:9798", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
        "127.0.0.1:97x", "127.0.0.1:9798 ", "127.1:9798", "::1:9798", "[::1]", "metrics.sock"}) {
    const auto parsed = parse_metrics_address(bad);
    ASSERT_FALSE(parsed) << bad;
    EXPECT_EQ(parsed.error().code, "metrics.address");
  }
  EXPECT_FALSE(parse_metrics_address("/" + std::string(200, 'x')));
}

TEST(MetricsAnswer, IsForMetricsOnly) {
  const auto line = [](std::string_view request) {
    return first_line(metrics_answer(request, some_metrics));
  };
  EXPECT_EQ(line(kGet), "HTTP/1.1 200 OK");
  EXPECT_EQ(line("GET /metrics?x=y HTTP/1.0\n\n"), "HTTP/1.1 200 OK");
  EXPECT_EQ(line("GET / HTTP/1.1\r\n\r\n"), "HTTP/1.1 404 Not Found");
  EXPECT_EQ(line("GET /metrics/../../etc/passwd HTTP/1.1\r\n\r\n"), "HTTP/1.1 404 Not Found");
  EXPECT_EQ(line("POST /metrics HTTP/1.1\r\n\r\n"), "HTTP/1.1 405 Method Not Allowed");
  for (const char* broken :
       {"\r\n\r\n", "GET\r\n\r\n", "GET /metrics\r\n\r\n", "GET /metrics HTTP/2\r\n\r\n", "GET  HTTP/1.1"}) {
    EXPECT_TRUE(line(broken).starts_with("HTTP/1.1 4")) << broken;
  }
  EXPECT_EQ(line(std::string(kMostRequest + 1, 'x')), "HTTP/1.1 431 Request Header Fields Too Large");
  const auto failing = [] { return Result<std::string>(fail("a.b", "read", "it is gone")); };
  EXPECT_EQ(first_line(metrics_answer(kGet, failing)), "HTTP/1.1 503 Service Unavailable");
}

TEST(MetricsAnswer, TellsItsTypeAndLength) {
  const std::string get = metrics_answer(kGet, some_metrics);
  EXPECT_NE(get.find("Content-Type: text/plain; version=0.0.4"), std::string::npos);
  EXPECT_NE(get.find("Content-Length: 15\r\n"), std::string::npos);
  EXPECT_TRUE(get.ends_with("\r\n\r\nsuture_level 2\n"));
  const std::string head = metrics_answer("HEAD /metrics HTTP/1.1\r\n\r\n", some_metrics);
  EXPECT_NE(head.find("Content-Length: 15\r\n"), std::string::npos);
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
}

TEST(MetricsEndpoint, IsScrapedOverLoopback) {
  auto endpoint = MetricsEndpoint::listen(address("127.0.0.1:0"));
  ASSERT_TRUE(endpoint) << endpoint.error().message();
  const MetricsAddress there = address("127.0.0.1:" + std::to_string(endpoint->port()));
  for (int time = 0; time < 3; ++time) {
    const Client client(there);
    client.say(kGet);
    EXPECT_TRUE(client.answer(*endpoint).ends_with("\r\n\r\nsuture_level 2\n"));
    EXPECT_EQ(endpoint->connections(), 0u);
  }
  EXPECT_EQ(MetricsEndpoint::listen(there).error().code, "metrics.in-use");
}

class MetricsSocket : public testing::Test {
 protected:
  void SetUp() override {
    folder.emplace(TempDir::make("suture-metrics").value());
    path = folder->path() / "metrics.sock";
    endpoint.emplace(MetricsEndpoint::listen(address(path.string())).value());
  }
  MetricsAddress there() const { return address(path.string()); }
  /// That of someone who asks rightly, after all that a test did.
  void expect_it_still_answers() {
    const Client client(there());
    client.say(kGet);
    EXPECT_TRUE(client.answer(*endpoint).ends_with("suture_level 2\n"));
  }

  std::optional<TempDir> folder;
  std::filesystem::path path;
  std::optional<MetricsEndpoint> endpoint;
};

TEST_F(MetricsSocket, IsForEveryUserAndGoesAway) {
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0666u);
  expect_it_still_answers();
  EXPECT_EQ(MetricsEndpoint::listen(there()).error().code, "metrics.in-use");
  endpoint.reset();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(MetricsSocket, OneThatAKilledDaemonLeftIsReplaced) {
  const std::filesystem::path left = folder->path() / "left.sock";
  const MetricsAddress at = address(left.string());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::bind(fd, reinterpret_cast<const struct sockaddr*>(&at.socket), at.length), 0);
  ::close(fd);
  EXPECT_TRUE(MetricsEndpoint::listen(at));
}

TEST_F(MetricsSocket, AFileInItsPlaceStays) {
  const std::filesystem::path file = folder->path() / "precious";
  ASSERT_TRUE(write_file(file, "kept"));
  EXPECT_FALSE(MetricsEndpoint::listen(address(file.string())));
  EXPECT_EQ(read_text_file(file).value(), "kept");
}

TEST_F(MetricsSocket, ARequestMayComeInPieces) {
  const Client client(there());
  for (const char* piece = kGet; piece[1] != '\0'; ++piece) {
    client.say({piece, 1});
    settle(*endpoint);
    EXPECT_EQ(endpoint->connections(), 1u);
  }
  client.say("\n");
  EXPECT_TRUE(client.answer(*endpoint).ends_with("suture_level 2\n"));
}

TEST_F(MetricsSocket, WhoSaysNothingHoldsNobodyUp) {
  const Client silent(there());
  const Client half(there());
  half.say("GET /metr");
  settle(*endpoint);
  EXPECT_EQ(endpoint->connections(), 2u);
  expect_it_still_answers();
}

TEST_F(MetricsSocket, TheOldestGivesWayToTheNewest) {
  std::vector<std::unique_ptr<Client>> silent;
  for (int count = 0; count < 40; ++count) {
    silent.push_back(std::make_unique<Client>(there()));
    settle(*endpoint);
    EXPECT_LE(endpoint->connections(), 8u);
  }
  EXPECT_EQ(endpoint->connections(), 8u);
  EXPECT_EQ(silent.front()->answer(*endpoint), "");
  expect_it_still_answers();
}

TEST_F(MetricsSocket, WhoLeavesIsForgotten) {
  {
    const Client early(there());
    early.say("GET");
    settle(*endpoint);
  }
  settle(*endpoint);
  EXPECT_EQ(endpoint->connections(), 0u);
  const Client closing(there());
  closing.say(kGet);
  closing.say_no_more();
  EXPECT_TRUE(closing.answer(*endpoint).ends_with("suture_level 2\n"));
}

TEST_F(MetricsSocket, GarbageIsRefusedWithinBounds) {
  const Client client(there());
  client.say(std::string(3 * kMostRequest, 'A'));
  EXPECT_EQ(first_line(client.answer(*endpoint)), "HTTP/1.1 431 Request Header Fields Too Large");
  const Client zeros(there());
  zeros.say(std::string(100, '\0') + "\n\n");
  EXPECT_EQ(first_line(zeros.answer(*endpoint)), "HTTP/1.1 400 Bad Request");
  expect_it_still_answers();
}

}  // namespace
}  // namespace suture
