// SPDX-License-Identifier: Apache-2.0
//
// The agent reports to a real server that speaks TLS, and waits for its call.
#include <gtest/gtest.h>
#include <poll.h>
#include <spdlog/spdlog.h>

#include <thread>

#include "../server/certificate.h"
#include "agent/wake.h"
#include "base/json.h"
#include "fetch/http_fetcher.h"
#include "fixture.h"
#include "server/server.h"

namespace suture {
namespace {

class ReportOverTls : public testing::Test {
 protected:
  static void SetUpTestSuite() { spdlog::set_level(spdlog::level::off); }
  void SetUp() override {
    const server::TestCertificate certificate("suture");
    certificate.write_to(folder_.path());
    // For the user that the agent sends as.
    std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
    publish("1");
    auto server = server::Server::start({.listen = {"127.0.0.1", 0},
                                         .repository = folder_.path() / "repository",
                                         .database = ":memory:",
                                         .tls_certificate = folder_.path() / "server.crt",
                                         .tls_key = folder_.path() / "server.key",
                                         .limits = {.look_time = std::chrono::milliseconds(10)}});
    ASSERT_TRUE(server) << server.error().message();
    server_ = std::move(*server);
    host_.config.server = "https://127.0.0.1:" + std::to_string(server_->port());
    host_.config.tls_ca = folder_.path() / "server.crt";
    ASSERT_TRUE(write_file(host_.config.machine_id, std::string(32, 'a') + "\n"));
  }
  void publish(const std::string& what) const {
    ASSERT_TRUE(write_file(folder_.path() / "repository/metadata/timestamp.json", what));
  }
  int known_hosts() const {
    auto fetcher = HttpFetcher::open(host_.config.server, {.ca = folder_.path() / "server.crt"});
    const auto summary = fetcher->fetch("api/v1/summary", 10'000);
    return summary ? Json::parse(as_text(*summary)).at("hosts").get<int>() : -1;
  }

  TempDir folder_ = TempDir::make("suture-tls").value();
  std::unique_ptr<server::Server> server_;
  Host host_;
};

TEST_F(ReportOverTls, ArrivesWhereTheCertificateIsTrusted) {
  const auto sent = host_.agent().send_report();
  ASSERT_TRUE(sent) << sent.error().message();
  EXPECT_EQ(known_hosts(), 1);
}

TEST_F(ReportOverTls, DoesNotLeaveForAStranger) {
  ASSERT_TRUE(write_file(folder_.path() / "other.crt", server::TestCertificate("other").pem()));
  host_.config.tls_ca = folder_.path() / "other.crt";
  EXPECT_EQ(host_.agent().send_report().error().code, "agent.report-refused");
  EXPECT_EQ(known_hosts(), 0);
}

TEST_F(ReportOverTls, IsAnsweredByCalls) {
  auto child = WakeChild::start(Unprivileged::find(), host_.config.server, {.ca = host_.config.tls_ca});
  ASSERT_TRUE(child) << child.error().message();
  while (server_->waiting() != 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  publish("2");
  pollfd waiting{child->fd(), POLLIN, 0};
  ASSERT_EQ(::poll(&waiting, 1, 60'000), 1);
  EXPECT_EQ(child->listen(), WakeChild::Said::kCheck);
}

}  // namespace
}  // namespace suture
