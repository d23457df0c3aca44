// SPDX-License-Identifier: Apache-2.0
//
// Rollouts through the API: with a real repository, tokens, and hosts that report and are told their plan.
#include <gmock/gmock.h>

#include "../repository/make.h"
#include "base/json.h"
#include "repository/promotion.h"
#include "server/api.h"
#include "server/rollout/rollouts.h"
#include "steered_fleet.h"

namespace suture::server {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kTwoWaves = R"("waves": [{"percent": 10, "soak": "1h"}, {"soak": "1h"}])";

class RolloutApiTest : public SteeredFleet {
 protected:
  void SetUp() override {
    for (const auto& [name, role] : {std::pair("viewer", Role::kViewer), std::pair("op", Role::kOperator),
                                     std::pair("alice", Role::kApprover)}) {
      secrets_[name] = access_store_.add({name, role, {}, {}}, "local test", now_)->secret;
    }
    test::must(repository_.publish(1));
    test::must(repository_.publish(2));
    board_.look();
    ASSERT_TRUE(steering_.refresh());
  }
  Response ask(std::string method, std::string target, std::string body = {}, const char* who = "op") {
    return api_.handle({.method = std::move(method),
                        .target = "/api/v1/" + std::move(target),
                        .body = std::move(body),
                        .content_type = "application/json",
                        .authorization = "Bearer " + secrets_.at(who)});
  }
  static Json json(const Response& response) { return Json::parse(response.body); }
  static std::string code(const Response& response) {
    return fmt::format("{} {}", response.status, json(response).at("error").at("code").get<std::string>());
  }
  /// The answer's plan.
  Json reported(unsigned number, std::uint32_t level, const std::string& build_id = test::kBuildId) {
    HostReport report = report_of(number);
    report.level = level;
    report.build_id = build_id;
    report.rollouts = true;
    const auto response = ask("POST", "reports", to_json(report).dump());
    EXPECT_EQ(response.status, 202);
    return json(response).value("plan", Json());
  }
  void step() { ASSERT_TRUE(steering_.step(now_)); }

  test::Repository repository_;
  std::map<std::string, std::string> secrets_;
  AccessStore access_store_ = *AccessStore::open(database_.again());
  Access access_{access_store_, {}};
  WakeBoard board_{repository_.context.repository / "metadata/timestamp.json", 10};
  Rollouts steering_{*RolloutStore::open(database_.again()),
                     fleet_,
                     &board_,
                     {.repository = repository_.context.repository, .pace = {.examine = 0s, .rest = 0}}};
  Api api_{{.store = fleet_,
            .access = access_,
            .board = &board_,
            .clock = [this] { return Store::Time(now_.time_since_epoch()); },
            .rollouts = &steering_}};
};

TEST_F(RolloutApiTest, AnAnswerHasAPlanOnlyWhereSomethingSteers) {
  EXPECT_EQ(reported(1, 1), Json());
  const auto made = ask("POST", "rollouts", R"({"channel": "stable", )" + kTwoWaves + "}");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(json(made).at("levels"),
            Json::parse(R"({")" + test::kBuildId + R"(": {"level": 2, "before": 1}})"));
  EXPECT_EQ(json(made).at("made_by"), "token 2 op");
  EXPECT_EQ(reported(1, 1), (Json{{"format", 1},
                                  {"level", 1},
                                  {"urgent", false},
                                  {"rollout", ""},
                                  {"reason", "its wave has not begun"}}));
  step();
  // The only host there is.
  EXPECT_EQ(
      reported(1, 1),
      (Json{{"format", 1}, {"level", 2}, {"urgent", false}, {"rollout", "1"}, {"reason", "wave 1 of 2"}}));
  EXPECT_EQ(reported(2, 1).at("level").get<int>() + reported(3, 1).at("level").get<int>(), 2);
}

TEST_F(RolloutApiTest, APolicyIsKeptAndUsed) {
  const std::string policy = R"({"channel": "stable", "automatic": true, "settle": "0s", )" + kTwoWaves + "}";
  EXPECT_EQ(ask("PUT", "rollout-policies/careful", policy).status, 200);
  EXPECT_EQ(json(ask("GET", "rollout-policies", "", "viewer")).at("policies").size(), 1u);
  const auto shown = json(ask("GET", "rollout-policies/careful", "", "viewer"));
  EXPECT_EQ(shown.at("waves").at(0).at("percent"), 10);
  EXPECT_EQ(ask("PUT", "rollout-policies/careful", shown.dump()).status, 200);
  EXPECT_EQ(code(ask("GET", "rollout-policies/other")), "404 policy.unknown");
  EXPECT_EQ(code(ask("PUT", "rollout-policies/careful", "{}")), "400 policy.schema");
  // What is published later comes by a rollout, and by no other way.
  test::must(repository_.publish(3));
  EXPECT_EQ(reported(1, 2).at("level"), 2);
  board_.look();
  step();
  const auto listed = json(ask("GET", "rollouts", "", "viewer")).at("rollouts");
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed.at(0).at("made_by"), "policy careful");
  EXPECT_EQ(listed.at(0).at("policy"), "careful");
  EXPECT_EQ(reported(1, 2).at("level"), 3);
  EXPECT_EQ(ask("DELETE", "rollout-policies/careful").status, 200);
  EXPECT_EQ(code(ask("DELETE", "rollout-policies/careful")), "404 policy.unknown");
}

TEST_F(RolloutApiTest, RevertTakesItBackAtOnceAndCallsHosts) {
  reported(1, 1);
  ASSERT_EQ(ask("POST", "rollouts", R"({"channel": "stable", )" + kTwoWaves + "}").status, 201);
  step();
  ASSERT_EQ(reported(1, 2).at("level"), 2);
  int called = 0;
  const auto place = board_.enter(
      board_.word(), [&](WakeBoard::Reason reason) { called += reason == WakeBoard::Reason::kUrgent; });
  ASSERT_TRUE(std::holds_alternative<WakeBoard::Place>(place));
  EXPECT_EQ(json(ask("POST", "rollouts/1/halt")).at("state"), "halted");
  EXPECT_EQ(reported(1, 2).at("level"), 2);
  EXPECT_EQ(called, 0);
  EXPECT_EQ(json(ask("POST", "rollouts/1/revert")).at("state"), "reverted");
  EXPECT_EQ(called, 1);
  EXPECT_EQ(reported(1, 2).at("level"), 1);
  EXPECT_EQ(code(ask("POST", "rollouts/1/revert")), "409 rollout.state");
  EXPECT_EQ(code(ask("POST", "rollouts", R"({"channel": "stable", )" + kTwoWaves + "}")),
            "409 rollout.nothing-new");
  EXPECT_EQ(ask("POST", "rollouts", R"({"channel": "stable", "again": true, )" + kTwoWaves + "}").status,
            201);
}

TEST_F(RolloutApiTest, ApprovalsAreOfNamedPeople) {
  const std::string body =
      R"({"channel": "stable", "urgent": {"count": 1},
          "waves": [{"approvals": {"count": 1, "from": ["alice"]}}]})";
  ASSERT_EQ(ask("POST", "rollouts", body).status, 201);
  EXPECT_EQ(code(ask("POST", "rollouts/1/approve", "{}")), "403 access.role");
  EXPECT_EQ(code(ask("POST", "rollouts/1/urgent")), "409 rollout.approvals");
  step();
  EXPECT_EQ(json(ask("GET", "rollouts/1")).at("state"), "waiting");
  const auto approved = json(ask("POST", "rollouts/1/approve", "", "alice"));
  EXPECT_EQ(approved.at("approvals").at(0).at("name"), "alice");
  EXPECT_EQ(approved.at("approvals").at(0).at("who"), "token 3 alice");
  EXPECT_EQ(approved.at("waves").at(0).at("approvals").at("missing"), 0);
  EXPECT_EQ(approved.at("urgent").at("missing"), 1);
  EXPECT_EQ(code(ask("POST", "rollouts/1/approve", "", "alice")), "409 rollout.approved-twice");
  EXPECT_EQ(ask("POST", "rollouts/1/approve", R"({"urgent": true})", "alice").status, 200);
  step();
  EXPECT_EQ(json(ask("GET", "rollouts/1")).at("state"), "running");
  // Another approver, who is not named.
  secrets_["bob"] = access_store_.add({"bob", Role::kApprover, {}, {}}, "local test", now_)->secret;
  EXPECT_EQ(json(ask("POST", "rollouts/1/cancel")).at("state"), "cancelled");
  ASSERT_EQ(ask("POST", "rollouts", body).status, 201);
  EXPECT_EQ(code(ask("POST", "rollouts/2/approve", "", "bob")), "403 rollout.approver");
}

TEST_F(RolloutApiTest, WrongRequestsAreTold) {
  EXPECT_EQ(code(ask("GET", "rollouts/7")), "404 rollout.unknown");
  EXPECT_EQ(code(ask("GET", "rollouts/x")), "404 rollout.unknown");
  EXPECT_EQ(code(ask("POST", "rollouts/7/halt")), "404 rollout.unknown");
  EXPECT_EQ(code(ask("POST", "rollouts", "[]")), "400 rollout.schema");
  EXPECT_EQ(code(ask("POST", "rollouts", R"({"policy": "none"})")), "404 policy.unknown");
  EXPECT_EQ(code(ask("POST", "rollouts", R"({"channel": "nowhere", )" + kTwoWaves + "}")),
            "409 rollout.nothing-new");
  EXPECT_EQ(code(ask("POST", "rollouts", R"({"channel": "stable", "waves": [{"gates": {"metrics": [
      {"name": "m", "url": "http://127.0.0.1/", "query": "up", "compare": ">", "threshold": 0}]}}]})")),
            "400 rollout.metric-url");
  EXPECT_EQ(code(ask("GET", "rollouts?state=odd")), "400 request.parameter");
  EXPECT_EQ(code(ask("GET", "rollouts?channel=a%20b")), "400 request.parameter");
  EXPECT_EQ(code(ask("GET", "rollouts?chanel=a")), "400 request.parameter");
  EXPECT_EQ(code(ask("POST", "rollouts", "{}", "viewer")), "403 access.role");
}

TEST_F(RolloutApiTest, ItIsExplainedWhyAHostHasItsLevel) {
  const auto explained = [&](unsigned number) {
    const auto document = json(ask("GET", "hosts/" + host_id(number) + "/explain", "", "viewer"));
    std::vector<std::string> codes;
    for (const Json& reason : document.at("because")) codes.push_back(reason.at("code"));
    return codes;
  };
  EXPECT_EQ(code(ask("GET", "hosts/" + host_id(1) + "/explain")), "404 host.unknown");
  reported(1, 2);
  EXPECT_THAT(explained(1), ElementsAre("explain.reported", "explain.target", "explain.unsteered"));
  ASSERT_EQ(ask("POST", "rollouts", R"({"channel": "stable", )" + kTwoWaves + "}").status, 201);
  EXPECT_THAT(explained(1),
              ElementsAre("explain.reported", "explain.target", "explain.kept", "explain.as-planned"));
  reported(1, 1);
  EXPECT_THAT(explained(1), ElementsAre("explain.reported", "explain.target", "explain.floor",
                                        "explain.not-yet", "explain.as-planned"));
  step();
  EXPECT_THAT(explained(1),
              ElementsAre("explain.reported", "explain.target", "explain.wave", "explain.below"));
  reported(1, 2);
  step();
  ASSERT_EQ(ask("POST", "rollouts/1/revert").status, 200);
  EXPECT_THAT(explained(1), ElementsAre("explain.reported", "explain.target", "explain.floor",
                                        "explain.reverted", "explain.above"));
  reported(2, 0, std::string(40, 'f'));
  EXPECT_THAT(explained(2), ElementsAre("explain.reported", "explain.no-target", "explain.unknown-target",
                                        "explain.as-planned"));
  const auto document = json(ask("GET", "hosts/" + host_id(1) + "/explain"));
  EXPECT_EQ(document.at("plan").at("level"), 1);
  EXPECT_EQ(document.at("because").at(3).at("text"),
            "rollout 1 had brought level 2 and was reverted: said token 2 op [rollout.revert]");
}

TEST_F(RolloutApiTest, AnotherServerSteersByWhatThisOneWasTold) {
  WakeBoard other_board(repository_.context.repository / "metadata/timestamp.json", 10);
  Rollouts other(*RolloutStore::open(database_.again()), fleet_, &other_board, {});
  ASSERT_TRUE(other.refresh());
  const PlanFor host{.host_id = "h", .channel = "stable", .build_id = test::kBuildId, .level = 0};
  EXPECT_EQ(other.index()->plan(host), std::nullopt);
  ASSERT_EQ(ask("POST", "rollouts", R"({"channel": "stable", )" + kTwoWaves + "}").status, 201);
  ASSERT_TRUE(other.refresh());
  EXPECT_EQ(other.index()->plan(host)->level, 1u);
  bool called = false;
  ASSERT_TRUE(std::holds_alternative<WakeBoard::Place>(
      other_board.enter(other_board.word(), [&](WakeBoard::Reason) { called = true; })));
  ASSERT_EQ(ask("POST", "rollouts/1/urgent").status, 200);
  ASSERT_TRUE(other.refresh());
  EXPECT_TRUE(other.index()->plan(host)->urgent);
  EXPECT_TRUE(called) << "those who wait at another server are called, too";
  // A server without a repository cannot make one.
  EXPECT_EQ(other.repository_levels("stable").error().code, "rollout.no-repository");
}

TEST_F(RolloutApiTest, AWithdrawnLevelIsNotBrought) {
  test::must(withdraw_level(repository_.context, test::kStable, test::kBuildId, 2, "it is bad"));
  board_.look();
  const auto levels = steering_.repository_levels("stable");
  ASSERT_TRUE(levels) << levels.error().message();
  EXPECT_EQ(levels->at(test::kBuildId), (TargetLevel{.level = 1, .before = 0}));
}

TEST_F(RolloutApiTest, WhatWasPublishedAMomentAgoIsBrought) {
  const std::string body = R"({"channel": "stable", )" + kTwoWaves + "}";
  ASSERT_EQ(ask("PUT", "rollout-policies/careful", body).status, 200);
  EXPECT_EQ(code(ask("POST", "rollouts", body)), "409 rollout.nothing-new");
  test::must(repository_.publish(3));
  const auto made = ask("POST", "rollouts", body);
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(json(made).at("levels").at(test::kBuildId), (Json{{"level", 3}, {"before", 2}}));
}

TEST_F(RolloutApiTest, APolicyBeginsWithWhatWasPublishedAMomentAgo) {
  test::must(repository_.publish(3));
  ASSERT_EQ(ask("PUT", "rollout-policies/careful", R"({"channel": "stable", )" + kTwoWaves + "}").status,
            200);
  EXPECT_EQ(reported(1, 2).at("level"), 3);
}

TEST_F(RolloutApiTest, ATamperedRepositoryBringsNothing) {
  const auto file = repository_.context.repository / repository_.document("targets");
  std::string text = *read_text_file(file);
  text.replace(text.find("\"version\":"), 11, "\"version\":9");
  ASSERT_TRUE(write_file(file, text));
  EXPECT_FALSE(steering_.repository_levels("stable"));
  EXPECT_EQ(ask("POST", "rollouts", R"({"channel": "stable", )" + kTwoWaves + "}").status, 503);
}

}  // namespace
}  // namespace suture::server
