// SPDX-License-Identifier: Apache-2.0
//
// The daemon as a process of its own, spoken to by signals and through its socket.
#include "agent/daemon.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "agent/control.h"
#include "base/json.h"
#include "base/time.h"
#include "fixture.h"
#include "server/server.h"

namespace suture {
namespace {

class DaemonTest : public testing::Test {
 protected:
  void TearDown() override {
    if (daemon_ > 0) end(SIGKILL);
  }
  void configure(std::string_view text) const { ASSERT_TRUE(write_file(file_, text)); }
  void start() {
    daemon_ = ::fork();
    if (daemon_ != 0) return;
    const auto done = run_daemon([this]() -> Result<std::shared_ptr<Agent>> {
      AgentConfig config = TRY(read_config(file_));
      config.socket = host_.config.socket;
      config.machine_id = host_.config.machine_id;
      if (config.state == "/var/lib/suture") config.state = host_.config.state;
      return std::make_shared<Agent>(config, host_.kernel, host_.source);
    });
    ::_exit(done ? 0 : 1);
  }
  int end(int signal) {
    ::kill(daemon_, signal);
    int status = 0;
    ::waitpid(daemon_, &status, 0);
    daemon_ = -1;
    return status;
  }
  void reload() const { ::kill(daemon_, SIGHUP); }
  /// What it says of itself, once it fits.
  Json status_with(const std::function<bool(const Json&)>& fits) const {
    for (;; std::this_thread::sleep_for(std::chrono::milliseconds(5))) {
      const auto answer = ask_daemon(host_.config.socket, "status", std::chrono::seconds(30));
      if (answer && fits(answer->at("status"))) return answer->at("status");
      if (::waitpid(daemon_, nullptr, WNOHANG) != 0) throw std::runtime_error("the daemon has ended");
    }
  }
  Json status() const {
    return status_with([](const Json&) { return true; });
  }

  Host host_;
  std::filesystem::path file_ = host_.folder.path() / "agent.toml";
  pid_t daemon_ = -1;
};

TEST_F(DaemonTest, TellsWhenItChecksNext) {
  configure("repository = 'file:///nowhere'\n");
  start();
  EXPECT_TRUE(status().at("next_check_at").is_string());
  EXPECT_TRUE(status().at("config_error").is_null());
  EXPECT_EQ(end(SIGTERM), 0);
}

TEST_F(DaemonTest, ReadsItsConfigurationAgainAndChecks) {
  configure("repository = 'file:///nowhere'\ncheck = 'manual'\n");
  start();
  EXPECT_TRUE(status().at("next_check_at").is_null());
  EXPECT_EQ(status().at("channel"), "stable");
  EXPECT_EQ(status().at("level"), 0);
  configure("repository = 'file:///nowhere'\ncheck = 'manual'\nchannel = 'canary'\n");
  reload();
  status_with([](const Json& now) { return now.at("channel") == "canary"; });
  status_with([](const Json& now) { return now.at("level") == 1; });
  EXPECT_EQ(end(SIGTERM), 0);
}

TEST_F(DaemonTest, ABrokenConfigurationChangesNothingAndIsTold) {
  configure("repository = 'file:///nowhere'\nchannel = 'canary'\n");
  start();
  status();
  configure("repository = 'file:///nowhere'\nchanel = 'stable'\n");
  reload();
  const Json told = status_with([](const Json& now) { return now.at("config_error").is_string(); });
  EXPECT_NE(told.at("config_error").get<std::string>().find("line 2, \"chanel\""), std::string::npos);
  EXPECT_EQ(told.at("channel"), "canary");
  configure("repository = 'file:///nowhere'\nchannel = 'stable'\n");
  reload();
  status_with(
      [](const Json& now) { return now.at("config_error").is_null() && now.at("channel") == "stable"; });
}

TEST_F(DaemonTest, AnotherStateFolderTakesARestart) {
  configure("repository = 'file:///nowhere'\n");
  start();
  status();
  configure("repository = 'file:///nowhere'\nstate = '/elsewhere'\n");
  reload();
  const Json told = status_with([](const Json& now) { return now.at("config_error").is_string(); });
  EXPECT_NE(told.at("config_error").get<std::string>().find("restart"), std::string::npos);
}

// A host whose place is hours away checks because the server calls.
TEST_F(DaemonTest, ChecksWhenTheServerCalls) {
  spdlog::set_level(spdlog::level::off);
  const auto repository = host_.folder.path() / "repository";
  const auto publish = [&](const std::string& what) {
    ASSERT_TRUE(write_file(repository / "metadata/timestamp.json", what));
  };
  publish("1");
  const auto server = server::Server::start({.listen = {"127.0.0.1", 0},
                                             .repository = repository,
                                             .database = ":memory:",
                                             .limits = {.look_time = std::chrono::milliseconds(10)}});
  ASSERT_TRUE(server) << server.error().message();
  ASSERT_TRUE(write_file(host_.config.machine_id, std::string(32, '7') + "\n"));
  configure("repository = 'file:///nowhere'\ninterval = '7d'\nwake = 'http://127.0.0.1:" +
            std::to_string((*server)->port()) + "'\n");
  start();
  status();
  ASSERT_TRUE(ask_daemon(host_.config.socket, "check", std::chrono::seconds(30)));
  const Json before = status();
  ASSERT_GT(before.at("next_check_at"), time_text(wall_clock()).substr(0, 10) + "T24");
  while ((*server)->waiting() != 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  publish("2");
  status_with([](const Json& now) { return now.at("level") == 1; });
  EXPECT_EQ(end(SIGTERM), 0);
  while ((*server)->waiting() != 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

TEST(Daemon, TriesAgainSoonOnlyWhatOthersMayMend) {
  EXPECT_TRUE(is_worth_a_retry("repository.unreachable"));
  EXPECT_TRUE(is_worth_a_retry("log.inconsistent"));
  EXPECT_TRUE(is_worth_a_retry("agent.child"));
  EXPECT_TRUE(is_worth_a_retry("agent.clock"));
  EXPECT_FALSE(is_worth_a_retry("engine.transition-stalled"));
  EXPECT_FALSE(is_worth_a_retry("file.unwritable"));
}

}  // namespace
}  // namespace suture
