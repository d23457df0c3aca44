// SPDX-License-Identifier: Apache-2.0
//
// Hosts that sign what they report, and those who would report in their place.
#include "server/fleet/host_keys.h"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "base/json.h"
#include "database.h"
#include "fleet.h"
#include "server/api.h"
#include "server/fleet/report_api.h"

namespace suture::server {
namespace {

using namespace std::chrono_literals;

constexpr const char* kReportToken = "0123456789abcdef";
constexpr const char* kOperatorToken = "fedcba9876543210";
constexpr const char* kBootA = "aaaaaaaa-0000-4000-8000-000000000000";
constexpr const char* kBootB = "bbbbbbbb-0000-4000-8000-000000000000";

class HostKeysTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { spdlog::set_level(spdlog::level::off); }

  Services::Clock clock() {
    return [this] { return Store::Time(now_.time_since_epoch()); };
  }
  /// A report of host 1, as a machine with this key would send it now.
  Request signed_report(const Ed25519Private& key, std::int64_t counter, unsigned number = 1) const {
    return signed_text(key, counter, report_text(number), host_id(number));
  }
  Request signed_text(const Ed25519Private& key, std::int64_t counter, const std::string& text,
                      const std::string& id) const {
    Request request = plain(text);
    request.signature = sign_report(key, id, text, now_, counter).value();
    return request;
  }
  static Request plain(std::string text) {
    return {.method = "POST",
            .target = "/api/v1/reports",
            .body = std::move(text),
            .content_type = "application/json"};
  }
  Request from_boot(const Ed25519Private& key, std::int64_t counter, const char* boot,
                    const char* name) const {
    HostReport report = report_of(1);
    report.boot_id = boot;
    report.hostname = name;
    return signed_text(key, counter, to_json(report).dump(), host_id(1));
  }
  static std::string code(const Response& response) {
    return Json::parse(response.body).at("error").at("code");
  }
  Json host(unsigned number = 1) {
    return Json::parse(api_.handle({.method = "GET", .target = "/api/v1/hosts/" + host_id(number)}).body);
  }
  Response forget(std::string authorization) {
    return api_.handle({.method = "DELETE",
                        .target = "/api/v1/hosts/" + host_id(1) + "/key",
                        .authorization = std::move(authorization)});
  }

  Time now_ = Time(1'800'000'000s);
  NewDatabase database_;
  Store store_ = *Store::open(database_);
  AccessStore tokens_ = *AccessStore::open(database_);
  Access access_{tokens_, {.wake = kOperatorToken}};
  Api api_{{.store = store_, .access = access_, .clock = clock()}};
  Ed25519Private key_ = Ed25519Private::generate().value();
  Ed25519Private thief_ = Ed25519Private::generate().value();
};

TEST_F(HostKeysTest, TheFirstKeyIsTheHosts) {
  EXPECT_EQ(api_.handle(plain(report_text(1))).status, 202);
  EXPECT_EQ(host().at("authenticated"), false);
  EXPECT_EQ(host().at("key"), nullptr);
  EXPECT_EQ(api_.handle(signed_report(key_, 1)).status, 202);
  EXPECT_EQ(host().at("authenticated"), true);
  EXPECT_EQ(host().at("key").at("public"), key_.public_key().hex());
  EXPECT_EQ(host().at("key").at("registered_at"), "2027-01-15T08:00:00Z");
  EXPECT_EQ(host().at("key").at("clone"), nullptr);
  const auto listed = Json::parse(api_.handle({.method = "GET", .target = "/api/v1/hosts"}).body);
  EXPECT_EQ(listed.at("hosts").at(0).at("authenticated"), true);
}

TEST_F(HostKeysTest, NobodyElseReportsForAHostWithAKey) {
  ASSERT_EQ(api_.handle(signed_report(key_, 1)).status, 202);
  const auto unsigned_one = api_.handle(plain(report_text(1, HostState::kFailed)));
  EXPECT_EQ(unsigned_one.status, 401);
  EXPECT_EQ(code(unsigned_one), "host.unsigned");
  EXPECT_EQ(unsigned_one.headers.at("WWW-Authenticate"), "Signature");
  const auto stolen = api_.handle(signed_report(thief_, 2));
  EXPECT_EQ(stolen.status, 403);
  EXPECT_EQ(code(stolen), "host.other-key");
  EXPECT_EQ(host().at("state"), "applied");
  const auto history = api_.handle({.method = "GET", .target = "/api/v1/hosts/" + host_id(1) + "/reports"});
  EXPECT_EQ(Json::parse(history.body).at("reports").size(), 1u);
  // Another host is not kept out by that.
  EXPECT_EQ(api_.handle(plain(report_text(2))).status, 202);
  EXPECT_EQ(api_.handle(signed_report(thief_, 1, 3)).status, 202);
}

TEST_F(HostKeysTest, AReportOfAnotherHostIsRefused) {
  ASSERT_EQ(api_.handle(signed_report(key_, 1)).status, 202);
  const auto response = api_.handle(signed_text(key_, 2, report_text(2), host_id(1)));
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(code(response), "host.other-id");
  EXPECT_EQ(api_.handle({.method = "GET", .target = "/api/v1/hosts/" + host_id(2)}).status, 404);
}

TEST_F(HostKeysTest, AnotherBodyIsRefused) {
  Request request = signed_report(key_, 1);
  request.body = report_text(1, HostState::kFailed);
  const auto response = api_.handle(request);
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(code(response), "host.signature");
}

TEST_F(HostKeysTest, ABrokenSignatureIsNotTakenForNone) {
  Request request = signed_report(key_, 1);
  request.signature.signature.clear();
  const auto response = api_.handle(request);
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(code(response), "request.signature");
}

TEST_F(HostKeysTest, AReportIsTakenOnce) {
  const Request first = signed_report(key_, 5);
  ASSERT_EQ(api_.handle(first).status, 202);
  const auto again = api_.handle(first);
  EXPECT_EQ(again.status, 403);
  EXPECT_EQ(code(again), "host.replayed");
  EXPECT_EQ(code(api_.handle(signed_report(key_, 4))), "host.replayed");
  EXPECT_EQ(api_.handle(signed_report(key_, 6)).status, 202);
}

TEST_F(HostKeysTest, AWrongClockIsToldTheTime) {
  const Request request = signed_report(key_, 1);
  now_ += kMostSkew + 1s;
  const auto late = api_.handle(request);
  EXPECT_EQ(late.status, 403);
  EXPECT_EQ(code(late), "host.clock");
  EXPECT_NE(late.body.find("2027-01-15T08:15:01Z"), std::string::npos);
  now_ -= 1s;
  EXPECT_EQ(api_.handle(request).status, 202);
  const Request early = signed_report(key_, 2);
  now_ -= kMostSkew + 1s;
  EXPECT_EQ(code(api_.handle(early)), "host.clock");
  now_ += 1s;
  EXPECT_EQ(api_.handle(early).status, 202);
}

TEST_F(HostKeysTest, TheTokenIsForHostsWithoutAKnownKey) {
  Access access(tokens_, {.report = kReportToken});
  const Api guarded{{.store = store_, .access = access, .clock = clock()}};
  Request first = signed_report(key_, 1);
  EXPECT_EQ(code(guarded.handle(first)), "request.token");
  first.authorization = std::string("Bearer ") + kReportToken;
  EXPECT_EQ(guarded.handle(first).status, 202);
  EXPECT_EQ(guarded.handle(signed_report(key_, 2)).status, 202);
  EXPECT_EQ(code(guarded.handle(signed_report(thief_, 3))), "host.other-key");
  EXPECT_EQ(code(guarded.handle(plain(report_text(1)))), "request.token");
  // Who has the token is not the host for that.
  Request token_only = plain(report_text(1));
  token_only.authorization = first.authorization;
  EXPECT_EQ(code(guarded.handle(token_only)), "host.unsigned");
}

TEST_F(HostKeysTest, AServerMayRequireKeys) {
  const Api strict{{.store = store_, .access = access_, .clock = clock(), .require_host_keys = true}};
  const auto response = strict.handle(plain(report_text(1)));
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(code(response), "host.unsigned");
  EXPECT_EQ(strict.handle(signed_report(key_, 1)).status, 202);
}

TEST_F(HostKeysTest, AnOperatorLetsAHostBeginAnew) {
  ASSERT_EQ(api_.handle(signed_report(key_, 7)).status, 202);
  const std::string right = std::string("Bearer ") + kOperatorToken;
  EXPECT_EQ(forget("").status, 401);
  EXPECT_EQ(code(forget(std::string("Bearer ") + kReportToken)), "request.token");
  EXPECT_EQ(code(api_.handle(signed_report(thief_, 8))), "host.other-key");
  const auto forgotten = forget(right);
  EXPECT_EQ(forgotten.status, 200) << forgotten.body;
  EXPECT_EQ(tokens_.entries(INT64_MAX, 1)->items.at(0).event.action, "host-key.forget");
  EXPECT_EQ(host().at("authenticated"), false);
  EXPECT_EQ(code(forget(right)), "host.no-key");
  const Ed25519Private fresh = Ed25519Private::generate().value();
  EXPECT_EQ(api_.handle(signed_report(fresh, 1)).status, 202);
  EXPECT_EQ(code(api_.handle(signed_report(key_, 9))), "host.other-key");
  EXPECT_EQ(api_.handle({.method = "GET", .target = "/api/v1/hosts/" + host_id(1) + "/key"}).status, 405);
}

TEST_F(HostKeysTest, WithoutAnOperatorsTokenNobodyForgets) {
  Access access(tokens_, {});
  const Api open{{.store = store_, .access = access, .clock = clock()}};
  ASSERT_EQ(open.handle(signed_report(key_, 1)).status, 202);
  Request request{.method = "DELETE", .target = "/api/v1/hosts/" + host_id(1) + "/key"};
  EXPECT_EQ(open.handle(request).status, 401);
  request.authorization = "Bearer ";
  EXPECT_EQ(open.handle(request).status, 401);
  EXPECT_EQ(host().at("authenticated"), true);
}

TEST_F(HostKeysTest, AClonedDiskIsTold) {
  ASSERT_EQ(api_.handle(from_boot(key_, 1, kBootA, "web1")).status, 202);
  ASSERT_EQ(api_.handle(from_boot(key_, 2, kBootB, "web1-copy")).status, 202);
  // So far, it may have been a reboot under another name.
  EXPECT_EQ(host().at("key").at("clone"), nullptr);
  now_ += 60s;
  ASSERT_EQ(api_.handle(from_boot(key_, 3, kBootA, "web1")).status, 202);
  const Json clone = host().at("key").at("clone");
  EXPECT_EQ(clone.at("seen_at"), "2027-01-15T08:01:00Z");
  EXPECT_EQ(clone.at("machines").at(0).at("hostname"), "web1-copy");
  EXPECT_EQ(clone.at("machines").at(1).at("hostname"), "web1");
  EXPECT_EQ(clone.at("machines").at(1).at("boot_id"), kBootA);
}

TEST_F(HostKeysTest, OneKeyOfTwoHostsIsTold) {
  ASSERT_EQ(api_.handle(signed_report(key_, 1, 1)).status, 202);
  ASSERT_EQ(api_.handle(signed_report(key_, 2, 2)).status, 202);
  EXPECT_EQ(host(1).at("key").at("also_of"), Json({host_id(2)}));
  EXPECT_EQ(host(2).at("key").at("also_of"), Json({host_id(1)}));
}

TEST(NoteBoot, AHostThatBootsAgainAndAgainIsOne) {
  HostKeyRecord record;
  for (int i = 0; i < 100; ++i) {
    for (int report = 0; report < 3; ++report) note_boot(record, {std::to_string(i), "web1"}, "now");
  }
  EXPECT_EQ(record.cloned_at, "");
  EXPECT_EQ(record.boots.back(), (SeenBoot{"99", "web1"}));
  EXPECT_LE(record.boots.size(), 16u);
}

TEST(NoteBoot, ManyWithOneDiskAreSeen) {
  HostKeyRecord record;
  for (int i = 0; i < 10; ++i) note_boot(record, {std::to_string(i), "web"}, "first");
  EXPECT_EQ(record.cloned_at, "");
  note_boot(record, {"0", "web"}, "later");
  EXPECT_EQ(record.cloned_at, "later");
  EXPECT_EQ(record.clones, (std::vector<SeenBoot>{{"9", "web"}, {"0", "web"}}));
  EXPECT_EQ(record.boots.size(), 10u);
}

TEST(HostKeysOnDisk, AreKnownAfterARestart) {
  const NewDatabase database;
  const Store::Time now(1'800'000'000s);
  const Signer signer{std::string(64, 'a'), 5};
  ASSERT_EQ(Store::open(database)->add(report_of(1), now, &signer).value(), Admission::kTaken);
  Store again = *Store::open(database);
  EXPECT_EQ(again.add(report_of(1), now, &signer).value(), Admission::kReplayed);
  EXPECT_EQ(again.add(report_of(1), now).value(), Admission::kUnsigned);
  const Signer thief{std::string(64, 'b'), 6};
  EXPECT_EQ(again.add(report_of(1), now, &thief).value(), Admission::kOtherKey);
  // What was refused has left nothing.
  EXPECT_EQ(again.reports(host_id(1), INT64_MAX, 10)->items.size(), 1u);
  const Signer next{std::string(64, 'a'), 6};
  EXPECT_EQ(again.add(report_of(1), now, &next).value(), Admission::kTaken);
}

}  // namespace
}  // namespace suture::server
