// SPDX-License-Identifier: Apache-2.0
//
// The process that waits, against a real server.
#include "agent/wake.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spdlog/spdlog.h>

#include <thread>

#include "../repository/evil_server.h"
#include "server/server.h"

namespace suture {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

TEST(WakeAnswer, SaysWhatToAskNextAndWhetherToCheck) {
  const auto answer = parse_wake_answer(R"({"after": "0123456789abcdef", "reason": "changed"})");
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->after, "0123456789abcdef");
  EXPECT_TRUE(answer->check);
  EXPECT_TRUE(parse_wake_answer(R"({"after": "0", "reason": "urgent"})")->check);
  EXPECT_FALSE(parse_wake_answer(R"({"after": "0", "reason": "state"})")->check);
}

TEST(WakeAnswer, AnythingElseIsRefused) {
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("[]"), std::string("nothing"),
        std::string(R"({"after": "", "reason": "state"})"), std::string(R"({"after": 1, "reason": "state"})"),
        std::string(R"({"after": "0&x=1", "reason": "state"})"),
        std::string(R"({"after": "0\r\nX: y", "reason": "state"})"), std::string(R"({"after": "0"})"),
        std::string(R"({"after": "0", "reason": "because"})"),
        R"({"reason": "state", "after": ")" + std::string(65, '0') + "\"}",
        R"({"after": "0", "reason": "state", "more": ")" + std::string(2000, 'x') + "\"}"}) {
    EXPECT_FALSE(parse_wake_answer(text)) << text;
  }
}

TEST(WakePace, WhoWaitsLongAsksAgainAtOnce) {
  WakePace pace;
  for (int i = 0; i < 100; i++) EXPECT_EQ(pace.after(true, 4min, 0), 0ms);
}

TEST(WakePace, OneReasonAfterTheOtherIsFine) {
  WakePace pace;
  EXPECT_EQ(pace.after(true, 1s, 0), 0ms);
  EXPECT_EQ(pace.after(true, 1s, 0), 0ms);
}

TEST(WakePace, AServerThatAnswersAllTheTimeIsAskedLessAndLess) {
  WakePace pace;
  Schedule::Span sum{};
  for (int i = 0; i < 100; i++) sum += pace.after(true, 0s, 0);
  EXPECT_GT(sum, 15h);
  EXPECT_EQ(pace.after(true, 0s, 0), 10min);
  EXPECT_EQ(pace.after(true, 4min, 0), 0ms);
}

TEST(WakePace, AnOutageIsAskedLessAndLess) {
  WakePace pace;
  for (const auto pause : {5s, 10s, 20s, 40s, 80s, 160s, 320s, 600s, 600s}) {
    EXPECT_EQ(pace.after(false, 1h, 0), pause);
  }
  EXPECT_GE(pace.after(false, 0s, UINT64_MAX), 5min);
}

class Wake : public testing::Test {
 protected:
  static void SetUpTestSuite() { spdlog::set_level(spdlog::level::off); }
  void SetUp() override {
    publish("1");
    auto server = server::Server::start({.listen = {"127.0.0.1", 0},
                                         .repository = folder_.path(),
                                         .database = ":memory:",
                                         .limits = {.look_time = 10ms}});
    ASSERT_TRUE(server) << server.error().message();
    server_ = std::move(*server);
    auto child =
        WakeChild::start(Unprivileged::find(), "http://127.0.0.1:" + std::to_string(server_->port()), {});
    ASSERT_TRUE(child) << child.error().message();
    child_.emplace(std::move(*child));
  }
  void publish(const std::string& what) const {
    ASSERT_TRUE(write_file(folder_.path() / "metadata/timestamp.json", what));
  }
  void until_it_waits() const {
    while (server_->waiting() != 1) std::this_thread::sleep_for(1ms);
  }
  WakeChild::Said next_word() const {
    for (;;) {
      pollfd waiting{child_->fd(), POLLIN, 0};
      ::poll(&waiting, 1, -1);
      if (const auto said = child_->listen(); said != WakeChild::Said::kNothing) return said;
    }
  }

  TempDir folder_ = TempDir::make("suture-wake").value();
  std::unique_ptr<server::Server> server_;
  std::optional<WakeChild> child_;
};

TEST_F(Wake, AChangedRepositoryIsToldAndNothingElse) {
  until_it_waits();
  EXPECT_EQ(child_->listen(), WakeChild::Said::kNothing);
  publish("2");
  EXPECT_EQ(next_word(), WakeChild::Said::kCheck);
  until_it_waits();
  EXPECT_EQ(child_->listen(), WakeChild::Said::kNothing);
  publish("3");
  EXPECT_EQ(next_word(), WakeChild::Said::kCheck);
}

TEST_F(Wake, ItsEndIsNoticed) {
  until_it_waits();
  ::kill(child_->pid(), SIGKILL);
  EXPECT_EQ(next_word(), WakeChild::Said::kGone);
}

TEST_F(Wake, ItGoesWithItsOwner) {
  until_it_waits();
  const pid_t pid = child_->pid();
  child_.reset();
  EXPECT_EQ(::kill(pid, 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST_F(Wake, ItHasNoRightsAndNothingOpen) {
  until_it_waits();
  const fs::path process = "/proc/" + std::to_string(child_->pid());
  const std::string status = read_text_file(process / "status").value();
  EXPECT_NE(status.find("CapEff:\t0000000000000000"), std::string::npos) << status;
  EXPECT_NE(status.find("NoNewPrivs:\t1"), std::string::npos);
  EXPECT_TRUE(::geteuid() != 0 || status.find("Uid:\t0") == std::string::npos);
  // The pipe, the connection, and what libcurl wakes itself with.
  std::error_code error;
  const fs::directory_iterator open(process / "fd", error);
  ASSERT_FALSE(error) << error.message();
  EXPECT_LE(std::distance(begin(open), end(open)), 3 + 1 + 1 + 2);
}

// The byte that a server's answer becomes is all that comes of it.
TEST(WakeChild, AServerThatSaysSomethingElseIsNotHeard) {
  test::EvilServer server(TempDir::make("suture-wake").value().path());
  server.answer("api/v1/wake", R"({"after": "0/../..", "reason": "urgent"})");
  const auto child = WakeChild::start(Unprivileged::find(), server.url(), {});
  ASSERT_TRUE(child) << child.error().message();
  while (server.requests().empty()) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(child->listen(), WakeChild::Said::kNothing);
}

}  // namespace
}  // namespace suture
