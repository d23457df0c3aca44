// SPDX-License-Identifier: Apache-2.0
//
// The host's key, and what becomes of signed reports at a real server.
#include "agent/host_key.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include "agent/control.h"
#include "agent/reporting.h"
#include "fixture.h"
#include "server/server.h"

namespace suture {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr const char* kToken = "0123456789abcdef";

TEST(HostKey, IsMadeOnceForItsOwnerAlone) {
  const TempDir folder = TempDir::make("suture-host-key").value();
  const auto first = load_host_key(folder.path());
  ASSERT_TRUE(first) << first.error().message();
  struct stat info {};
  ASSERT_EQ(::stat(host_key_file(folder.path()).c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
  EXPECT_EQ(load_host_key(folder.path())->public_key(), first->public_key());
}

TEST(HostKey, AFileThatOthersMayReadIsRefused) {
  const TempDir folder = TempDir::make("suture-host-key").value();
  const std::string key = load_host_key(folder.path())->public_key().hex();
  fs::permissions(host_key_file(folder.path()), fs::perms::group_read, fs::perm_options::add);
  const auto refused = load_host_key(folder.path());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "agent.host-key");
  EXPECT_NE(refused.error().hint.find("chmod 600"), std::string::npos);
  fs::permissions(host_key_file(folder.path()), fs::perms::group_read, fs::perm_options::remove);
  EXPECT_EQ(load_host_key(folder.path())->public_key().hex(), key);
}

TEST(HostKey, ABrokenFileIsRefusedAndStays) {
  const TempDir folder = TempDir::make("suture-host-key").value();
  const auto file = host_key_file(folder.path());
  for (const std::string text :
       {"", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}) {
    ASSERT_TRUE(write_file(file, text, 0600));
    const auto refused = load_host_key(folder.path());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "agent.host-key");
    EXPECT_NE(refused.error().hint, "");
    EXPECT_EQ(read_text_file(file).value(), text);
  }
  fs::remove(file);
  fs::create_symlink("nowhere", file);
  EXPECT_EQ(load_host_key(folder.path()).error().code, "agent.host-key");
}

TEST(Reporting, IsReadBack) {
  const TempDir folder = TempDir::make("suture-reporting").value();
  EXPECT_EQ(read_reporting(folder.path()), Reporting());
  const Reporting reporting{5, std::string(64, 'a'), ReportedError{"agent.report-refused", "no\nreally"}};
  ASSERT_TRUE(write_reporting(folder.path(), reporting));
  EXPECT_EQ(read_reporting(folder.path()), reporting);
  for (const char* text : {"", "{}", "[]", "{\"counter\": \"5\", \"key\": \"\", \"error\": null}"}) {
    ASSERT_TRUE(write_file(folder.path() / "reporting.json", std::string_view(text)));
    EXPECT_EQ(read_reporting(folder.path()), Reporting()) << text;
  }
}

TEST(Reporting, ItsNumberAlwaysRises) {
  const std::chrono::system_clock::time_point now(1'796'000'000s);
  EXPECT_EQ(next_counter(0, now), 1'796'000'000'000'000);
  EXPECT_EQ(next_counter(1'796'000'000'000'000, now), 1'796'000'000'000'001);
  EXPECT_EQ(next_counter(1'796'000'000'000'001, now - 24h), 1'796'000'000'000'002);
  EXPECT_EQ(next_counter(0, std::chrono::system_clock::time_point(-1h)), 1);
  // A file that someone has edited does not use up all numbers.
  const TempDir folder = TempDir::make("suture-reporting").value();
  ASSERT_TRUE(write_reporting(folder.path(), {.counter = INT64_MAX}));
  EXPECT_EQ(read_reporting(folder.path()).counter, 0);
}

TEST(Refusal, IsReadInPlainWords) {
  const auto refusal = parse_refusal(R"({"error": {"code": "host.clock", "message": "now\n\u001b[1mred"}})");
  EXPECT_EQ(refusal.code, "host.clock");
  EXPECT_EQ(refusal.message, "now[1mred");
  for (const std::string& text : {std::string(), std::string("<html>"), std::string("[]"), std::string("{}"),
                                  std::string(R"({"error": "x"})"), std::string(R"({"error": {"code": 1}})"),
                                  std::string(R"({"error": {"code": "A\nB"}})"),
                                  R"({"error": {"code": ")" + std::string(65, 'a') + "\"}}"}) {
    EXPECT_EQ(parse_refusal(text).code, "") << text;
  }
  EXPECT_LE(parse_refusal(R"({"error": {"code": "a", "message": ")" + std::string(3000, 'x') + "\"}}")
                .message.size(),
            512u);
}

/// An agent and a server, each as it is, with the network between them.
class SignedReports : public testing::Test {
 protected:
  static void SetUpTestSuite() { spdlog::set_level(spdlog::level::off); }
  void SetUp() override {
    ASSERT_TRUE(write_file(host_.config.machine_id, std::string(32, 'a') + "\n"));
    id_ = host_id(host_.config).value();
  }
  void start(bool require = false, const std::string& token = {}) {
    auto server = server::Server::start({.listen = {"127.0.0.1", 0},
                                         .database = database_,
                                         .report_token = token,
                                         .wake_token = "fedcba9876543210",
                                         .require_host_keys = require,
                                         .limits = {.look_time = 10ms}});
    ASSERT_TRUE(server) << server.error().message();
    server_ = std::move(*server);
    host_.config.server = "http://127.0.0.1:" + std::to_string(server_->port());
  }
  server::Store store() const { return server::Store::open(database_).value(); }
  std::size_t reports() const { return store().reports(id_, INT64_MAX, 100)->items.size(); }
  /// Of the last report that was taken; the history has one entry for all that say the same.
  std::int64_t counter() const {
    const auto known = store().host_key(id_).value();
    return known ? known->counter : 0;
  }
  void send() {
    const std::int64_t last = counter();
    const auto sent = host_.agent().send_report();
    ASSERT_TRUE(sent) << sent.error().message();
    EXPECT_GT(counter(), last);
  }
  std::string key() const { return load_host_key(host_.config.state)->public_key().hex(); }
  Json status() { return to_json(host_.agent().status().value()); }

  Host host_;
  fs::path database_ = host_.folder.path() / "fleet.db";
  std::string id_;
  std::unique_ptr<server::Server> server_;
};

TEST_F(SignedReports, AreTakenAndTheKeyIsRemembered) {
  start(true);
  for (int i = 0; i < 3; ++i) send();
  EXPECT_EQ(reports(), 1u);
  EXPECT_EQ(store().host_key(id_).value()->key, key());
  EXPECT_TRUE(store().host(id_).value()->authenticated);
  EXPECT_EQ(status().at("host_key"), key());
  EXPECT_EQ(status().at("report_error"), nullptr);
}

TEST_F(SignedReports, AreTakenAfterTheServerWasRestarted) {
  start();
  send();
  server_.reset();
  start();
  send();
}

TEST_F(SignedReports, WithAnotherKeyAreRefusedAndTheStatusSaysSo) {
  start();
  ASSERT_TRUE(host_.agent().send_report());
  const std::string first = key();
  fs::remove(host_key_file(host_.config.state));
  const auto refused = host_.agent().send_report();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "agent.report-refused");
  EXPECT_NE(refused.error().why.find("403, host.other-key"), std::string::npos) << refused.error().why;
  EXPECT_NE(refused.error().hint.find("suture-server(8)"), std::string::npos);
  EXPECT_EQ(status().at("report_error").at("code"), "agent.report-refused");
  EXPECT_NE(key(), first);
  EXPECT_EQ(reports(), 1u);
  // An update is none the worse for it.
  EXPECT_EQ(host_.agent().update(Asked::kByTimer).value(), Outcome::kApplied);
  ASSERT_TRUE(store().forget_host_key(id_).value());
  EXPECT_TRUE(host_.agent().send_report());
  EXPECT_EQ(status().at("report_error"), nullptr);
  EXPECT_EQ(store().host_key(id_).value()->key, key());
}

TEST_F(SignedReports, AStateFolderPutBackReportsOn) {
  start();
  send();
  const Reporting old = read_reporting(host_.config.state);
  send();
  ASSERT_TRUE(write_reporting(host_.config.state, old));
  send();
  fs::remove(host_.config.state / "reporting.json");
  send();
}

TEST_F(SignedReports, GoOutWhereNothingCanBeWritten) {
  start(true);
  // As on a full disk: a file cannot take the place of this.
  fs::create_directories(host_.config.state / "reporting.json" / "in the way");
  send();
  send();
}

TEST_F(SignedReports, ANewHostNeedsTheTokenOnce) {
  start(false, kToken);
  const auto refused = host_.agent().send_report();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().why.find("401, request.token"), std::string::npos) << refused.error().why;
  EXPECT_NE(refused.error().hint.find("server_token"), std::string::npos);
  host_.config.server_token = host_.folder.path() / "token";
  ASSERT_TRUE(write_file(host_.config.server_token, std::string(kToken) + "\n", 0600));
  ASSERT_TRUE(host_.agent().send_report());
  fs::remove(host_.config.server_token);
  EXPECT_TRUE(host_.agent().send_report());
  ASSERT_TRUE(write_file(host_.config.server_token, std::string_view("two words\n"), 0600));
  EXPECT_EQ(host_.agent().send_report().error().code, "agent.server-token");
}

TEST_F(SignedReports, AKeyThatOthersMayReadSendsNothing) {
  start();
  ASSERT_TRUE(host_.agent().send_report());
  fs::permissions(host_key_file(host_.config.state), fs::perms::others_read, fs::perm_options::add);
  EXPECT_EQ(host_.agent().send_report().error().code, "agent.host-key");
  EXPECT_EQ(status().at("report_error").at("code"), "agent.host-key");
  EXPECT_EQ(reports(), 1u);
}

TEST_F(SignedReports, TwoMachinesWithOneDiskAreTold) {
  start();
  const std::string boot = host_.kernel.boot_id;
  ASSERT_TRUE(host_.agent().send_report());
  host_.kernel.boot_id = "bbbbbbbb-0000-4000-8000-000000000000";
  ASSERT_TRUE(host_.agent().send_report());
  EXPECT_EQ(store().host_key(id_).value()->cloned_at, "");
  host_.kernel.boot_id = boot;
  ASSERT_TRUE(host_.agent().send_report());
  EXPECT_NE(store().host_key(id_).value()->cloned_at, "");
}

}  // namespace
}  // namespace suture
