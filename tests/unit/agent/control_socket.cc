// SPDX-License-Identifier: Apache-2.0
//
// Who may ask the daemon for what, and that nobody who asks can hold it.
#include "agent/control_socket.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "agent/control.h"
#include "base/json.h"
#include "fixture.h"

namespace suture {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kForever{600'000};

/// A daemon's loop, and nothing else.
class Daemon {
 public:
  explicit Daemon(ControlSocket::Limits limits = {.patience = kForever})
      : control(ControlSocket::listen(path, limits).value()) {}

  /// Until nothing has come for a moment, or `done`.
  void run(const std::function<bool()>& done) {
    while (!done()) {
      struct pollfd waiting = {control.fd(), POLLIN, 0};
      if (::poll(&waiting, 1, 20) == 1) serve();
    }
  }
  void serve() {
    control.serve_one([this](std::string_view request) -> Result<Json> {
      asked.emplace_back(request);
      return Json{{"text", std::string(answer_size, 'x')}};
    });
  }
  bool is_waiting() const {
    struct pollfd waiting = {control.fd(), POLLIN, 0};
    return ::poll(&waiting, 1, 0) == 1;
  }
  /// As a client that runs as it should; the answer, or the error's code.
  std::string ask(std::string_view request) {
    std::atomic<bool> done = false;
    std::string heard;
    std::thread client([&] {
      const auto answer = ask_daemon(path, request, seconds(60));
      heard = answer ? answer->at("text").get<std::string>() : answer.error().code;
      done = true;
    });
    run([&] { return done.load(); });
    client.join();
    return heard;
  }
  int connect() const { return connect_to_control(path).value(); }

  TempDir folder = TempDir::make("suture-control").value();
  std::filesystem::path path = folder.path() / "control.sock";
  ControlSocket control;
  std::vector<std::string> asked;
  std::size_t answer_size = 4;
};

/// As another user, in a process of its own: what `attempt` returns, up to 255. The daemon serves meanwhile.
int as_nobody(Daemon& daemon, const std::function<int()>& attempt) {
  EXPECT_EQ(::chmod(daemon.folder.path().c_str(), 0755), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    if (::setresuid(kNobody, kNobody, kNobody) != 0) ::_exit(250);
    ::_exit(attempt());
  }
  int status = 0;
  daemon.run([&] { return ::waitpid(child, &status, WNOHANG) == child; });
  return WIFEXITED(status) ? WEXITSTATUS(status) : 251;
}

/// What comes until the other end closes; the connection is closed.
std::string rest_of(int fd) {
  std::string text;
  char buffer[65536];
  for (ssize_t got = 0; (got = ::recv(fd, buffer, sizeof buffer, 0)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(fd);
  return text;
}

void send_text(int fd, std::string_view text) {
  EXPECT_EQ(::send(fd, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
}

TEST(Control, ARequestIsAnswered) {
  Host host;
  Agent agent = host.agent();
  auto control = ControlSocket::listen(host.config.socket);
  ASSERT_TRUE(control) << control.error().message();
  struct stat info {};
  ASSERT_EQ(::stat(host.config.socket.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0666u);

  for (const char* request : {"status", "dance"}) {
    Result<Json> answer;
    std::atomic<bool> done = false;
    std::thread client([&] {
      answer = ask_daemon(host.config.socket, request, seconds(10));
      done = true;
    });
    while (!done) {
      struct pollfd waiting = {control->fd(), POLLIN, 0};
      if (::poll(&waiting, 1, 20) != 1) continue;
      control->serve_one([&](std::string_view asked) { return handle_request(agent, asked); });
    }
    client.join();
    if (std::string_view(request) == "status") {
      ASSERT_TRUE(answer) << answer.error().message();
      EXPECT_EQ(answer->at("status").at("state"), "unpatched");
    } else {
      EXPECT_EQ(answer.error().code, "control.request");
    }
  }
  EXPECT_EQ(ControlSocket::listen(host.config.socket).error().code, "control.in-use");
}

TEST(Control, NoDaemonIsTold) {
  Host host;
  EXPECT_EQ(ask_daemon(host.config.socket, "status", seconds(1)).error().code, "control.absent");
}

TEST(Control, OthersMayReadAndNothingElse) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs a second user";
  Daemon daemon;
  const auto hears = [&](const char* request, const std::string& wanted) {
    return as_nobody(daemon, [&] {
      const auto answer = ask_daemon(daemon.path, request, seconds(60));
      return (answer ? answer->at("text").get<std::string>() : answer.error().code) == wanted ? 0 : 1;
    });
  };
  EXPECT_EQ(hears("status", "xxxx"), 0);
  for (const char* request : {"update", "revert", "revert 1", "check", "dance", "status "}) {
    EXPECT_EQ(hears(request, "control.denied"), 0) << request;
  }
  EXPECT_EQ(daemon.asked, std::vector<std::string>{"status"});
  EXPECT_EQ(daemon.ask("update"), "xxxx");
}

TEST(Control, WhoSaysNothingHoldsNobody) {
  Daemon daemon;
  const int silent = daemon.connect();
  const int half = daemon.connect();
  send_text(half, "{\"requ");
  EXPECT_EQ(daemon.ask("status"), "xxxx");
  send_text(half, "est\":\"update\"}\n");
  std::string heard;
  std::atomic<bool> done = false;
  std::thread client([&] {
    heard = rest_of(half);
    done = true;
  });
  daemon.run([&] { return done.load(); });
  client.join();
  EXPECT_NE(heard.find("\"xxxx\""), std::string::npos) << heard;
  ::close(silent);
}

TEST(Control, WhoIsLateIsClosed) {
  Daemon daemon({.patience = milliseconds(1)});
  const int silent = daemon.connect();
  std::string heard = "nothing yet";
  std::atomic<bool> done = false;
  std::thread client([&] {
    heard = rest_of(silent);
    done = true;
  });
  daemon.run([&] { return done.load(); });
  client.join();
  EXPECT_EQ(heard, "");
  // And nothing wakes a daemon that nobody asks.
  EXPECT_FALSE(daemon.is_waiting());
}

TEST(Control, AnAnswerThatIsNotReadHoldsNobody) {
  Daemon daemon;
  daemon.answer_size = 4u << 20;
  const int lazy = daemon.connect();
  send_text(lazy, "{\"request\":\"status\"}\n");
  daemon.run([&] { return daemon.asked.size() == 1; });
  daemon.answer_size = 4;
  EXPECT_EQ(daemon.ask("status"), "xxxx");
  std::string heard;
  std::atomic<bool> done = false;
  std::thread client([&] {
    heard = rest_of(lazy);
    done = true;
  });
  daemon.run([&] { return done.load(); });
  client.join();
  EXPECT_NE(heard.find(std::string(4u << 20, 'x') + "\""), std::string::npos);
}

TEST(Control, WhatIsNoRequestIsRefused) {
  Daemon daemon;
  const std::string long_line = "{\"request\":\"" + std::string(5000, 'a') + "\"}\n";
  for (const std::string& text : {long_line, std::string(5000, 'a'), std::string("\n"), std::string("[]\n"),
                                  std::string("{\"request\":7}\n"), std::string("[[[[[[[[1]]]]]]]]\n"),
                                  std::string("\xff\xfe\n"), std::string("{}\n")}) {
    const int fd = daemon.connect();
    send_text(fd, text);
    std::string heard;
    std::atomic<bool> done = false;
    std::thread client([&] {
      heard = rest_of(fd);
      done = true;
    });
    daemon.run([&] { return done.load(); });
    client.join();
    EXPECT_NE(heard.find("\"error\""), std::string::npos) << text;
  }
  EXPECT_TRUE(daemon.asked.empty());
}

TEST(Control, WhoGoesAwayIsForgotten) {
  Daemon daemon;
  for (int i = 0; i < 100; ++i) {
    const int fd = daemon.connect();
    if (i % 2 == 0) send_text(fd, "{\"request\":\"status\"}\n");
    ::close(fd);
    if (i % 10 == 9) daemon.serve();
  }
  EXPECT_EQ(daemon.ask("status"), "xxxx");
}

TEST(Control, OneUserTakesNoPlaceOfOthers) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs a second user";
  Daemon daemon({.patience = kForever, .others = 6, .each = 3});
  const int status = as_nobody(daemon, [&] {
    // These stay until the process ends. The last seventeen are refused, which takes no patience of ours.
    std::vector<int> open;
    for (int i = 0; i < 20; ++i) open.push_back(daemon.connect());
    int refused = 0;
    char byte = 0;
    for (std::size_t i = 3; i < open.size(); ++i) refused += ::recv(open[i], &byte, 1, 0) == 1 ? 1 : 0;
    for (std::size_t i = 0; i < 3; ++i) refused += ::recv(open[i], &byte, 1, MSG_DONTWAIT) < 0 ? 0 : 100;
    return refused;
  });
  EXPECT_EQ(status, 17);
  EXPECT_EQ(daemon.ask("update"), "xxxx");
}

}  // namespace
}  // namespace suture
