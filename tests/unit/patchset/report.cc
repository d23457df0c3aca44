// SPDX-License-Identifier: Apache-2.0
#include "patchset/report.h"
#include "base/json.h"

#include <gtest/gtest.h>

namespace suture {
namespace {

HostReport example() {
  return {.host_id = "0123456789abcdef0123456789abcdef",
          .hostname = "web-1",
          .agent = "sutured 0.1.0",
          .boot_id = "2f7c4a10-9d2e-4c57-8f11-0a1b2c3d4e5f",
          .uptime_seconds = 123,
          .release = "6.1.0-47-cloud-amd64",
          .architecture = "x86_64",
          .build_id = "00112233445566778899aabbccddeeff00112233",
          .state = HostState::kApplied,
          .level = 2,
          .engine = "stopmachine",
          .transition = true,
          .quarantined = {3, 4},
          .rollouts = true,
          .channel = "stable",
          .cves = {"CVE-2026-53249"},
          .changed_at = "2026-11-24T10:00:00Z",
          .checked_at = "2026-11-24T10:00:01Z",
          .error = ReportedError{"engine.transition-stalled", "line one\nline two"},
          .modules = HostModules{.loaded = {"virtio_net", "vsock"},
                                 .blocked = {"dccp", "net_pf_21"},
                                 .blacklisted = {"pcspkr"},
                                 .loading = false,
                                 .user_namespaces = false}};
}

void expect_refused(const char* key, const Json& value) {
  Json json = to_json(example());
  json[key] = value;
  const auto read = host_report_from_json(json);
  ASSERT_FALSE(read) << key << " = " << value;
  EXPECT_EQ(read.error().code, "report.schema");
  EXPECT_NE(read.error().message().find(key), std::string::npos) << read.error().message();
}

TEST(HostReport, IsReadAsItWasWritten) {
  const auto read = parse_host_report(json_text(to_json(example())));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read, example());
}

TEST(HostReport, IsWrittenAsItsDocument) {
  HostReport report = example();
  EXPECT_EQ(parse_json(report_text(report), "it").value(), to_json(report));
  report.hostname = "w\xc3\xa4\"\\/b";
  report.error->message = std::string("\b\f\n\r\t\"\\\x01\x1f\x7f \xe2\x82\xac");
  report.cves = {"CVE-2026-1", "CVE-2026-2"};
  EXPECT_EQ(parse_json(report_text(report), "it").value(), to_json(report));
  report.error.reset();
  report.modules.reset();
  report.cves.clear();
  EXPECT_EQ(parse_json(report_text(report), "it").value(), to_json(report));
}

TEST(HostReport, AMemberThatStandsTwiceIsRefused) {
  std::string text = report_text(example());
  text.insert(1, R"("level":1,)");
  const auto read = parse_host_report(text);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, "report.schema");
  EXPECT_NE(read.error().message().find("twice"), std::string::npos);
}

TEST(HostReport, OfAHostThatNeverDidAnything) {
  HostReport report = example();
  report.state = HostState::kUnpatched;
  report.level = 0;
  report.cves.clear();
  report.changed_at.clear();
  report.checked_at.clear();
  report.error.reset();
  const auto read = parse_host_report(json_text(to_json(report)));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read, report);
}

TEST(HostReport, OlderAgentsDoNotNameTheEngine) {
  Json json = to_json(example());
  json.erase("engine");
  const auto read = host_report_from_json(json);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->engine, "");
}

TEST(HostReport, OlderAgentsFollowNoRollouts) {
  Json json = to_json(example());
  for (const char* key : {"transition", "quarantined", "rollouts"}) json.erase(key);
  const auto read = host_report_from_json(json);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_FALSE(read->transition);
  EXPECT_TRUE(read->quarantined.empty());
  EXPECT_FALSE(read->rollouts);
}

TEST(HostReport, EveryFieldIsChecked) {
  expect_refused("transition", 1);
  expect_refused("rollouts", "true");
  expect_refused("quarantined", 3);
  expect_refused("quarantined", Json::array({"3"}));
  expect_refused("quarantined", Json::array({0}));
  expect_refused("quarantined", Json::array({-1}));
  expect_refused("quarantined", Json::array({std::int64_t{1} << 32}));
  expect_refused("quarantined", Json(std::vector<int>(kMostQuarantined + 1, 3)));
  expect_refused("engine", std::string(33, 'a'));
  expect_refused("engine", 1);
  expect_refused("engine", "a\nb");
  expect_refused("format", 2);
  expect_refused("host_id", "0123");
  expect_refused("host_id", "0123456789ABCDEF0123456789ABCDEF");
  expect_refused("hostname", std::string(300, 'a'));
  expect_refused("hostname", "web\x1b[31m");
  expect_refused("boot_id", "2f7c4a10x9d2e-4c57-8f11-0a1b2c3d4e5f");
  expect_refused("uptime_seconds", -1);
  expect_refused("build_id", "../..");
  expect_refused("state", "fine");
  expect_refused("level", std::int64_t{1} << 33);
  expect_refused("cves", Json::array({1}));
  expect_refused("cves", Json::array({"a b"}));
  expect_refused("cves", Json(std::vector<std::string>(3000, "CVE-1")));
  expect_refused("changed_at", "yesterday");
  expect_refused("error", "none");
  expect_refused("modules", "none");
  expect_refused("modules", Json::object());
}

TEST(HostReport, OlderAgentsSayNothingOfModules) {
  HostReport report = example();
  report.modules.reset();
  const Json json = to_json(report);
  EXPECT_FALSE(json.contains("modules"));
  EXPECT_EQ(host_report_from_json(json).value(), report);
  Json empty = json;
  empty["modules"] = nullptr;
  EXPECT_EQ(host_report_from_json(empty).value(), report);
}

TEST(HostReport, ModulesAreSortedAndBounded) {
  Json json = to_json(example());
  json["modules"]["loaded"] = {"vsock", "af_packet", "vsock"};
  EXPECT_EQ(host_report_from_json(json).value().modules->loaded,
            (std::vector<std::string>{"af_packet", "vsock"}));
  for (const Json& wrong :
       {Json(1), Json("vsock"), Json({1}), Json({""}), Json({"a b"}), Json({"a\n"}), Json({"a-b"}),
        Json({std::string(65, 'a')}), Json(std::vector<std::string>(1025, "a"))}) {
    for (const char* key : {"loaded", "blocked", "blacklisted"}) {
      Json broken = json;
      broken["modules"][key] = wrong;
      const auto read = host_report_from_json(broken);
      ASSERT_FALSE(read) << key << " = " << wrong;
      EXPECT_EQ(read.error().code, "report.schema");
    }
  }
  json["modules"]["loading"] = 1;
  EXPECT_FALSE(host_report_from_json(json));
}

TEST(HostReport, AMissingFieldIsRefused) {
  const Json whole = to_json(example());
  for (const auto& [key, value] : whole.items()) {
    const bool new_ones = key == "transition" || key == "quarantined" || key == "rollouts";
    if (key == "engine" || key == "modules" || new_ones) continue;
    Json json = whole;
    json.erase(key);
    EXPECT_FALSE(host_report_from_json(json)) << key;
  }
  EXPECT_FALSE(host_report_from_json(Json::array()));
}

TEST(HostReport, ALongOneIsRefusedUnread) {
  const auto read = parse_host_report(std::string(kReportLimit + 1, ' '));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, "json.too-large");
}

}  // namespace
}  // namespace suture
