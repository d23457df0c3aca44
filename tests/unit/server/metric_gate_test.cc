// SPDX-License-Identifier: Apache-2.0
//
// Questions over a real connection: a server of ours has the answers as files of its repository.
#include "server/rollout/metric_gate.h"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "base/file.h"
#include "server/server.h"

namespace suture::server {
namespace {

class MetricGateTest : public testing::Test {
 protected:
  void SetUp() override {
    spdlog::set_level(spdlog::level::off);
    ServerOptions options;
    options.listen = {"127.0.0.1", 0};
    options.repository = folder_.path() / "repository";
    options.database = folder_.path() / "fleet.db";
    put("metadata/timestamp.json", "{}");
    auto server = Server::start(options);
    ASSERT_TRUE(server) << server.error().message();
    server_ = std::move(*server);
    base_ = "http://127.0.0.1:" + std::to_string(server_->port()) + "/repository";
  }
  void put(const std::string& name, std::string_view text) const {
    ASSERT_TRUE(write_file(folder_.path() / "repository" / name, text));
  }
  Judgement ask(const std::string& path, const std::string& query = {}) const {
    const MetricGate gate{.name = "m", .url = base_ + path, .query = query, .compare = "<", .threshold = 1};
    return ask_metric(gate, MetricSources({base_}), Rollout{.id = 12, .channel = "stable"});
  }

  TempDir folder_ = *TempDir::make("suture-metric");
  std::unique_ptr<Server> server_;
  std::string base_;
};

TEST_F(MetricGateTest, AWebhookIsAskedAtItsUrl) {
  put("gate", R"({"pass": true})");
  EXPECT_EQ(ask("/gate").verdict, Verdict::kPass);
  put("gate", R"({"pass": false})");
  EXPECT_EQ(ask("/gate").verdict, Verdict::kFail);
}

TEST_F(MetricGateTest, PrometheusIsAskedByItsOwnPath) {
  put("p/api/v1/query", R"({"status":"success","data":{"resultType":"scalar","result":[1,"0.5"]}})");
  EXPECT_EQ(ask("/p", "sum(rate(x[5m])) / 2 & \"a\"").verdict, Verdict::kPass);
  EXPECT_EQ(ask("/p/", "up").verdict, Verdict::kPass);
  put("p/api/v1/query", R"({"status":"success","data":{"resultType":"scalar","result":[1,"1.5"]}})");
  EXPECT_EQ(ask("/p", "up").verdict, Verdict::kFail);
}

TEST_F(MetricGateTest, NoAnswerIsNoEvidence) {
  EXPECT_EQ(ask("/absent").verdict, Verdict::kWait);
  put("long", std::string(100'000, ' ') + R"({"pass": true})");
  EXPECT_EQ(ask("/long").verdict, Verdict::kWait);
  put("gate", R"({"pass": true})");
  server_->stop();
  const auto gone = ask("/gate");
  EXPECT_EQ(gone.verdict, Verdict::kWait);
  EXPECT_EQ(gone.reason.code, "rollout.metric");
}

}  // namespace
}  // namespace suture::server
