// SPDX-License-Identifier: Apache-2.0
#include "server/notify/counters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/process.h"
#include "server/routes.h"

namespace suture::server {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

const Route* route(std::string_view method, std::string_view path) {
  return find_route(method, path).route;
}

Response answer_of(const Route* by, int status, std::string code = {}) {
  return {.status = status, .code = std::move(code), .route = by};
}

std::string text_of(const Counters& counters) {
  MetricsText text;
  counters.write(text);
  return text.take();
}

TEST(Counters, RequestsByRouteAndStatus) {
  Counters counters;
  const Route* hosts = route("GET", "/api/v1/hosts");
  counters.answered(answer_of(hosts, 200), 1ms);
  counters.answered(answer_of(hosts, 200), 1ms);
  counters.answered(answer_of(hosts, 503), 1ms);
  counters.answered(answer_of(nullptr, 404), 1ms);
  counters.answered(answer_of(nullptr, 999), 1ms);
  const std::string text = text_of(counters);
  const std::string labels = R"(suture_server_requests_total{route="/api/v1/hosts",method="GET",status=)";
  EXPECT_THAT(text, HasSubstr(labels + "\"200\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(labels + "\"503\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr(labels + "\"404\"}")));
  EXPECT_THAT(text, HasSubstr(R"(requests_total{route="none",method="any",status="404"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(requests_total{route="none",method="any",status="0"} 1)"));
}

TEST(Counters, TimesAreBelowTheirBucketsBound) {
  Counters counters;
  const Route* hosts = route("GET", "/api/v1/hosts");
  counters.answered(answer_of(hosts, 200), 1ms);
  counters.answered(answer_of(hosts, 200), 1500us);
  counters.answered(answer_of(hosts, 200), 20s);
  counters.answered(answer_of(route("GET", "/api/v1/wake"), 204), 240s);
  const std::string text = text_of(counters);
  const std::string name = "suture_server_request_duration_seconds";
  const std::string labels = R"({route="/api/v1/hosts",method="GET")";
  EXPECT_THAT(text, HasSubstr(name + "_bucket" + labels + ",le=\"0.001\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(name + "_bucket" + labels + ",le=\"0.0025\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(name + "_bucket" + labels + ",le=\"10\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(name + "_bucket" + labels + ",le=\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr(name + "_count" + labels + "} 3\n"));
  EXPECT_THAT(text, HasSubstr(name + "_sum" + labels + "} 20.0025\n"));
  EXPECT_THAT(text, HasSubstr(R"(requests_total{route="/api/v1/wake",method="GET",status="204"} 1)"));
  EXPECT_THAT(text, Not(HasSubstr(name + R"(_count{route="/api/v1/wake")")));
}

TEST(Counters, ReasonsThatNobodyListedAreOneSeries) {
  Counters counters;
  const Route* report = route("POST", "/api/v1/reports");
  counters.answered(answer_of(report, 202), 1ms);
  counters.answered(answer_of(report, 403, "host.replayed"), 1ms);
  counters.answered(answer_of(report, 403, "made.up-1"), 1ms);
  counters.answered(answer_of(report, 403, "made.up-2"), 1ms);
  counters.answered(answer_of(report, 503, "store.unavailable"), 1ms);
  const std::string text = text_of(counters);
  EXPECT_THAT(text, HasSubstr("suture_server_reports_total{result=\"taken\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("suture_server_reports_total{result=\"host.replayed\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("suture_server_reports_total{result=\"other\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("suture_server_database_errors_total 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("made.up")));
}

TEST(Counters, NothingIsLostBetweenThreads) {
  Counters counters;
  const Route* health = route("GET", "/healthz");
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 10'000; ++n) counters.answered(answer_of(health, 200), 1us);
      });
    }
  }
  EXPECT_THAT(text_of(counters), HasSubstr("status=\"200\"} 40000\n"));
}

TEST(Counters, PrometheusTakesTheText) {
  Counters counters;
  for (const Route& one : routes()) {
    for (const int status : Counters::kStatuses) counters.answered(answer_of(&one, status), 3ms);
  }
  counters.answered(answer_of(nullptr, 404), 1ms);
  counters.delivered(Way::kMail, true);
  const auto said = run({.argv = {"promtool", "check", "metrics"}, .input = text_of(counters)});
  ASSERT_TRUE(said) << said.error().message();
  EXPECT_EQ(said->status, 0);
  EXPECT_EQ(said->out + said->err, "");
}

}  // namespace
}  // namespace suture::server
