// SPDX-License-Identifier: Apache-2.0
#include "server/api.h"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "base/json.h"
#include "database.h"
#include "fleet.h"

namespace suture::server {
namespace {

using namespace std::chrono_literals;

class ApiTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { spdlog::set_level(spdlog::level::off); }

  Response post(std::string body, std::string type = "application/json", std::string authorization = {}) {
    return api_.handle({.method = "POST",
                        .target = "/api/v1/reports",
                        .body = std::move(body),
                        .content_type = std::move(type),
                        .authorization = std::move(authorization)});
  }
  Response get(std::string target) { return api_.handle({.method = "GET", .target = std::move(target)}); }
  static Json json(const Response& response) { return Json::parse(response.body); }
  static std::string code(const Response& response) { return json(response).at("error").at("code"); }

  NewDatabase database_;
  Store store_ = *Store::open(database_);
  AccessStore tokens_ = *AccessStore::open(database_);
  Access access_{tokens_, {}};
  Api api_{{.store = store_, .access = access_, .clock = [] { return Store::Time(1'800'000'000s); }}};
};

TEST_F(ApiTest, TakesAReportAndShowsTheHost) {
  const auto accepted = post(report_text(1), "application/json; charset=utf-8");
  EXPECT_EQ(accepted.status, 202);
  EXPECT_EQ(json(accepted), Json({{"accepted", true}}));
  const auto host = get("/api/v1/hosts/" + host_id(1));
  EXPECT_EQ(host.status, 200);
  EXPECT_EQ(json(host).at("hostname"), "web1");
  EXPECT_EQ(json(host).at("received_at"), "2027-01-15T08:00:00Z");
  EXPECT_EQ(json(host).at("error"), nullptr);
  const auto reports = get("/api/v1/hosts/" + host_id(1) + "/reports");
  EXPECT_EQ(json(reports).at("reports").at(0).at("report").at("state"), "applied");
  EXPECT_EQ(json(get("/api/v1/summary")).at("by_state").at("applied"), 1);
  EXPECT_EQ(get("/healthz").status, 200);
}

TEST_F(ApiTest, PagesThroughHosts) {
  for (unsigned i = 0; i < 5; ++i) ASSERT_EQ(post(report_text(i)).status, 202);
  const auto first = json(get("/api/v1/hosts?limit=3"));
  EXPECT_EQ(first.at("hosts").size(), 3u);
  const auto second = json(get("/api/v1/hosts?limit=3&after=" + first.at("next").get<std::string>()));
  EXPECT_EQ(second.at("hosts").size(), 2u);
  EXPECT_EQ(second.at("next"), nullptr);
  EXPECT_EQ(json(get("/api/v1/hosts?state=applied&cve=CVE-2026-53249")).at("hosts").size(), 5u);
  EXPECT_EQ(json(get("/api/v1/hosts?state=failed")).at("hosts").size(), 0u);
}

TEST_F(ApiTest, PagesThroughReports) {
  for (const auto state : {HostState::kApplied, HostState::kReverted, HostState::kFailed}) {
    ASSERT_EQ(post(report_text(1, state)).status, 202);
  }
  const std::string path = "/api/v1/hosts/" + host_id(1) + "/reports?limit=2";
  const auto first = json(get(path));
  EXPECT_EQ(first.at("reports").size(), 2u);
  const auto second = json(get(path + "&after=" + first.at("next").dump()));
  EXPECT_EQ(second.at("reports").size(), 1u);
  EXPECT_EQ(second.at("next"), nullptr);
}

TEST_F(ApiTest, RefusesBrokenReports) {
  EXPECT_EQ(code(post("")), "json.malformed");
  EXPECT_EQ(code(post("{")), "json.malformed");
  EXPECT_EQ(code(post("[]")), "report.schema");
  EXPECT_EQ(code(post(std::string("\"\xff\""))), "json.malformed");
  auto report = to_json(report_of(1));
  report["host_id"] = "../../etc/passwd";
  EXPECT_EQ(post(report.dump()).status, 400);
  EXPECT_EQ(post(std::string(kReportLimit + 1, ' ')).status, 413);
  EXPECT_EQ(json(get("/api/v1/summary")).at("hosts"), 0);
}

TEST_F(ApiTest, RefusesOtherMediaTypes) {
  EXPECT_EQ(post(report_text(1), "text/plain").status, 415);
  EXPECT_EQ(post(report_text(1), "").status, 415);
  const auto encoded = api_.handle({.method = "POST",
                                    .target = "/api/v1/reports",
                                    .body = report_text(1),
                                    .content_type = "application/json",
                                    .content_encoding = "gzip"});
  EXPECT_EQ(encoded.status, 415);
}

TEST_F(ApiTest, KnowsItsPathsAndMethods) {
  for (const char* path : {"/", "/api/v1/", "/api/v1/hosts2", "/api/v1/hosts/", "/api/v1/hosts/x",
                           "/repository/a", "/healthz/"}) {
    EXPECT_EQ(get(path).status, 404) << path;
  }
  EXPECT_EQ(get("/api/v1/hosts/" + host_id(1)).status, 404);
  EXPECT_EQ(get("/api/v1/hosts/" + host_id(1) + "/reports").status, 404);
  EXPECT_EQ(get("/api/v1/hosts/" + host_id(1) + "/other").status, 404);
  const auto wrong = get("/api/v1/reports");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.headers.at("Allow"), "POST");
  EXPECT_EQ(api_.handle({.method = "DELETE", .target = "/api/v1/hosts"}).headers.at("Allow"), "GET, HEAD");
  EXPECT_EQ(get("relative").status, 400);
}

TEST_F(ApiTest, NamesTheParameterThatIsWrong) {
  for (const char* query : {"limit=0", "limit=1001", "limit=x", "limit=", "after=x", "state=on",
                            "cve=", "colour=red", "limit=1&limit=2"}) {
    EXPECT_EQ(get(std::string("/api/v1/hosts?") + query).status, 400) << query;
  }
  ASSERT_EQ(post(report_text(1)).status, 202);
  EXPECT_EQ(get("/api/v1/hosts/" + host_id(1) + "/reports?after=-1").status, 400);
  EXPECT_NE(get("/api/v1/hosts?colour=red").body.find("colour"), std::string::npos);
}

TEST_F(ApiTest, WantsTheTokenOfReportsOnly) {
  const std::string token = "0123456789abcdef";
  Access access(tokens_, {.report = token});
  const Api guarded{{.store = store_, .access = access}};
  Request request{.method = "POST",
                  .target = "/api/v1/reports",
                  .body = report_text(1),
                  .content_type = "application/json"};
  for (const std::string given :
       {"", "Bearer", "Bearer ", "Bearer 0123456789abcdeX", "Basic 0123456789abcdef"}) {
    request.authorization = given;
    const auto refused = guarded.handle(request);
    EXPECT_EQ(refused.status, 401) << given;
    EXPECT_EQ(refused.headers.at("WWW-Authenticate"), "Bearer");
  }
  request.authorization = "Bearer " + token;
  EXPECT_EQ(guarded.handle(request).status, 202);
  EXPECT_EQ(guarded.handle({.method = "GET", .target = "/api/v1/summary"}).status, 200);
}

TEST_F(ApiTest, HidesTheDatabasesWordsFromClients) {
  const auto response = response_for(Error{"store.unavailable", "open /secret/place", "disk full", ""});
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.headers.at("Retry-After"), "60");
  EXPECT_EQ(response.body.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace suture::server
