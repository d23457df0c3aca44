// SPDX-License-Identifier: Apache-2.0
//
// What the server makes of a real repository and of verdicts, and what the fleet looks like by them.
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "../repository/make.h"
#include "base/json.h"
#include "database.h"
#include "fleet.h"
#include "server/api.h"
#include "server/fleet/events.h"
#include "server/fleet/fleet_watch.h"
#include "server/fleet/groups.h"
#include "server/fleet/history.h"
#include "server/fleet/kinds.h"

namespace suture::server {
namespace {

using namespace std::chrono_literals;

const Store::Time kNow{1'800'000'000s};
const std::string kBuild(40, 'a');
const std::string kOtherBuild(40, 'b');
constexpr const char* kCve = "CVE-2026-53249";

std::string vex(const std::string& build_id, const std::string& statements,
                const std::string& time = "2026-11-24T10:00:00Z") {
  return R"({"@context": "https://openvex.dev/ns/v0.2.0", "timestamp": ")" + time +
         R"(", "tooling": "Suture 0.1.0: Linux 6.1 (x86_64), build-id )" + build_id +
         R"(", "statements": [)" + statements + "]}";
}
std::string statement(const std::string& cve, const std::string& status, const std::string& more = {}) {
  return R"({"vulnerability": {"name": ")" + cve + R"("}, "status": ")" + status + "\"" + more + "}";
}

TEST(VerdictsTest, ReadsWhatSutureWatchWrites) {
  const auto read = parse_verdicts(
      vex(kBuild,
          statement("CVE-2026-1", "affected", R"(, "status_notes": "net/core/sock.c:17 is there")") + "," +
              statement("CVE-2026-0002", "not_affected", R"(, "justification": "component_not_present")")));
  ASSERT_FALSE(read) << "CVE-2026-1 is no id";
  const auto good = parse_verdicts(
      vex(kBuild,
          statement("CVE-2026-0001", "affected", R"(, "status_notes": "the code is there")") + "," +
              statement("CVE-2026-0002", "not_affected", R"(, "justification": "component_not_present")")));
  ASSERT_TRUE(good) << good.error().message();
  EXPECT_EQ(good->build_id, kBuild);
  EXPECT_EQ(good->verdicts.at("CVE-2026-0001").standing, Standing::kAffected);
  EXPECT_EQ(good->verdicts.at("CVE-2026-0001").why, "the code is there");
  EXPECT_EQ(good->verdicts.at("CVE-2026-0002").justification, "component_not_present");
}

TEST(VerdictsTest, RefusesWhatIsNone) {
  for (const std::string& bad :
       {std::string(), std::string("[]"), std::string("{}"), vex("", ""), vex("XYZ", ""), vex(kBuild, "1"),
        vex(kBuild, "{}"), vex(kBuild, statement("CVE-2026-0001", "fine")),
        vex(kBuild, R"({"vulnerability": "CVE-2026-0001", "status": "fixed"})"),
        std::string(R"({"@context": "https://openvex.dev/ns/v0.2.0", "tooling": "build-id )" + kBuild +
                    R"("})")}) {
    EXPECT_FALSE(parse_verdicts(bad)) << bad;
  }
}

TEST(VerdictsTest, OfTwoOnOneKernelTheLaterCounts) {
  const TempDir folder = *TempDir::make("suture-verdicts");
  ASSERT_TRUE(
      write_file(folder.path() / "a.json", vex(kBuild, statement(kCve, "fixed"), "2026-11-25T10:00:00Z")));
  ASSERT_TRUE(write_file(folder.path() / "b.json", vex(kBuild, statement(kCve, "affected"))));
  ASSERT_TRUE(write_file(folder.path() / "c.json", "no JSON"));
  ASSERT_TRUE(write_file(folder.path() / "d.html", "a page"));
  spdlog::set_level(spdlog::level::off);
  const auto all = read_verdicts(folder.path());
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 1u);
  EXPECT_EQ(all->at(kBuild).at(kCve).standing, Standing::kFixed);
}

/// Levels 1 and 2 for one kernel: the second closes one more; and what a builder found not to be needed.
Knowledge knowledge() {
  Catalog catalog{.stream = {"stable", "debian"}, .build_id = kBuild, .release = "6.1"};
  catalog.levels.push_back(
      {.stream = catalog.stream, .build_id = kBuild, .level = 1, .cves = {"CVE-2026-0001"}});
  catalog.levels.push_back({.stream = catalog.stream,
                            .build_id = kBuild,
                            .level = 2,
                            .cves = {"CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0003", "CVE-2026-0004"},
                            .fixed = {"CVE-2026-0003"},
                            .unaffected = {"CVE-2026-0004"}});
  Knowledge known;
  known.targets.offered.emplace(TargetKey{kBuild, "stable"}, offered_target(catalog));
  return known;
}
HostKind kind(std::uint32_t level, HostState state = HostState::kApplied) {
  return {.build_id = kBuild, .channel = "stable", .level = level, .state = state};
}

Exposure exposed(Knowledge known, const HostKind& host) {
  find_holes(known);
  return exposure_of(known, host);
}

TEST(ExposureTest, ALevelThatIsMissingExposes) {
  const Knowledge known = knowledge();
  EXPECT_EQ(exposed(known, kind(2)), Exposure::kSafe);
  EXPECT_EQ(exposed(known, kind(1)), Exposure::kExposed);
  EXPECT_EQ(exposed(known, kind(0, HostState::kUnpatched)), Exposure::kExposed);
  EXPECT_EQ(exposed(known, kind(2, HostState::kFailed)), Exposure::kSafe);
}

TEST(ExposureTest, WhatIsNotKnownIsNotSafe) {
  const Knowledge known = knowledge();
  HostKind other = kind(2);
  other.channel = "canary";
  EXPECT_EQ(exposed(known, other), Exposure::kUnknown);
  other = kind(2);
  other.build_id = kOtherBuild;
  EXPECT_EQ(exposed(known, other), Exposure::kUnknown);
  other = kind(2);
  other.silent = true;
  EXPECT_EQ(exposed(known, other), Exposure::kUnknown);
  EXPECT_EQ(exposed(known, kind(2, HostState::kUnsupported)), Exposure::kUnknown);
  EXPECT_EQ(exposed(known, kind(7)), Exposure::kUnknown) << "nobody knows what level 7 closes";
  EXPECT_EQ(exposed({}, kind(0)), Exposure::kUnknown);
}

TEST(ExposureTest, AVerdictExposesWhereNoLevelHelps) {
  Knowledge known = knowledge();
  known.verdicts[kBuild]["CVE-2026-0009"] = {.standing = Standing::kAffected, .why = "the code is there"};
  EXPECT_EQ(exposed(known, kind(2)), Exposure::kExposed);
  known.verdicts[kBuild]["CVE-2026-0009"].standing = Standing::kNotAffected;
  EXPECT_EQ(exposed(known, kind(2)), Exposure::kSafe);
  known.verdicts[kBuild]["CVE-2026-0009"].standing = Standing::kUnderInvestigation;
  EXPECT_EQ(exposed(known, kind(2)), Exposure::kSafe);
  // What is applied closes it, whatever a verdict on the kernel as it was booted says.
  known.verdicts[kBuild]["CVE-2026-0001"] = {.standing = Standing::kAffected};
  EXPECT_EQ(exposed(known, kind(2)), Exposure::kSafe);
  HostKind other = kind(0);
  other.build_id = kOtherBuild;
  known.verdicts[kOtherBuild]["CVE-2026-0001"] = {.standing = Standing::kFixed};
  EXPECT_EQ(exposed(known, other), Exposure::kUnknown) << "nobody patches this kernel";
  known.verdicts[kOtherBuild]["CVE-2026-0002"] = {.standing = Standing::kAffected};
  EXPECT_EQ(exposed(known, other), Exposure::kExposed);
}

TEST(ExposureTest, ATakenBackLevelClosesNothingForOthers) {
  Knowledge known = knowledge();
  Catalog catalog = known.targets.offered.at({kBuild, "stable"}).catalog;
  catalog.levels.back().withdrawn = Withdrawal{.reason = "it crashes"};
  known.targets.offered.at({kBuild, "stable"}) = offered_target(catalog);
  EXPECT_EQ(status_of(known, kind(1), "CVE-2026-0001")->status, CveStatus::kClosed);
  EXPECT_EQ(status_of(known, kind(1), "CVE-2026-0002")->status, CveStatus::kAffected);
  EXPECT_EQ(status_of(known, kind(2), "CVE-2026-0002")->status, CveStatus::kClosed);
}

TEST(ExposureTest, EachCveHasAStatus) {
  Knowledge known = knowledge();
  known.verdicts[kBuild]["CVE-2026-0009"] = {.standing = Standing::kUnderInvestigation};
  const auto status = [&](const HostKind& host, const char* cve) {
    const auto answer = status_of(known, host, cve);
    return answer ? std::string(name_of(answer->status)) : "none";
  };
  EXPECT_EQ(status(kind(1), "CVE-2026-0001"), "closed");
  EXPECT_EQ(status(kind(1), "CVE-2026-0002"), "open");
  EXPECT_EQ(status_of(known, kind(1), "CVE-2026-0002")->level, 2u);
  EXPECT_EQ(status(kind(0), "CVE-2026-0003"), "fixed");
  EXPECT_EQ(status(kind(0), "CVE-2026-0004"), "not_affected");
  EXPECT_EQ(status(kind(0), "CVE-2026-0009"), "under_investigation");
  EXPECT_EQ(status(kind(0), "CVE-2026-0099"), "none");
  EXPECT_EQ(status(kind(7), "CVE-2026-0001"), "unknown");
  EXPECT_EQ(status(kind(7), "CVE-2026-0003"), "fixed");
  EXPECT_EQ(status(kind(0, HostState::kUnsupported), "CVE-2026-0001"), "unknown");
  EXPECT_EQ(cves_of(known, kind(0)).size(), 5u);
}

class FleetTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { spdlog::set_level(spdlog::level::off); }

  void add(unsigned number, std::uint32_t level, const std::string& build_id = kBuild) {
    auto report = report_of(number, level == 0 ? HostState::kUnpatched : HostState::kApplied);
    report.build_id = build_id;
    report.level = level;
    ASSERT_TRUE(store_.add(report, now_));
  }
  Response ask(const std::string& target) { return api_.handle({.method = "GET", .target = target}); }
  Json get(const std::string& target) {
    const auto response = ask(target);
    EXPECT_EQ(response.status, 200) << target << ": " << response.body;
    return Json::parse(response.body);
  }
  std::string code(const std::string& target) { return Json::parse(ask(target).body).at("error").at("code"); }
  std::vector<std::string> kinds_of_events() {
    std::vector<std::string> kinds;
    const Json all = get("/api/v1/events?after=0&limit=1000");
    for (const Json& event : all.at("events")) kinds.push_back(event.at("kind"));
    return kinds;
  }

  test::Repository repository_;
  TempDir folder_ = *TempDir::make("suture-fleet");
  Store::Time now_ = kNow;
  NewDatabase database_;
  Store store_ = *Store::open(database_);
  AccessStore tokens_ = *AccessStore::open(database_);
  Access access_{tokens_, {}};
  KnowledgeBoard board_{repository_.context.repository, folder_.path()};
  FleetWatch watch_{store_, board_, {.events_kept = 10}, [this] { return now_; }};
  Api api_{{.store = store_, .access = access_, .clock = [this] { return now_; }, .knowledge = &board_}};
};

TEST_F(FleetTest, TellsOfLevelsThatAreNew) {
  test::must(repository_.publish(1));
  watch_.look_outside();
  EXPECT_TRUE(kinds_of_events().empty()) << "what is there at first is no news";
  watch_.look_outside();
  test::must(repository_.publish(2));
  watch_.look_outside();
  watch_.look_outside();
  EXPECT_EQ(kinds_of_events(), std::vector<std::string>{"patchset.published"});
  const Json event = get("/api/v1/events").at("events").at(0);
  EXPECT_EQ(event.at("host_id"), nullptr);
  EXPECT_NE(event.at("text").get<std::string>().find("level 2"), std::string::npos);
  KnowledgeBoard other_board(repository_.context.repository, {});
  FleetWatch other(store_, other_board, {}, [this] { return now_; });
  other.look_outside();
  EXPECT_EQ(kinds_of_events().size(), 1u) << "another server tells of nothing twice";
}

TEST_F(FleetTest, WhatIsForgedChangesNothing) {
  test::must(repository_.publish(1));
  watch_.look_outside();
  test::must(repository_.publish(2));
  const auto bin = repository_.document(test::bin_of());
  auto text = *read_text_file(repository_.context.repository / bin);
  text.replace(text.find("stable"), 6, "stabel");
  ASSERT_TRUE(write_file(repository_.context.repository / bin, text));
  watch_.look_outside();
  EXPECT_EQ(board_.now()->targets.find(kBuild, "stable")->newest_level(), 1u);
}

TEST_F(FleetTest, ShowsTargetsAndPatchsets) {
  test::must(repository_.publish(1));
  test::must(repository_.publish(2));
  test::must(repository_.publish(1, "canary"));
  watch_.look_outside();
  add(1, 1);
  add(2, 2);
  add(3, 0, kOtherBuild);
  const Json targets = get("/api/v1/targets");
  ASSERT_EQ(targets.at("targets").size(), 2u);
  const Json stable = targets.at("targets").at(1);
  EXPECT_EQ(stable.at("channel"), "stable");
  EXPECT_EQ(stable.at("level"), 2);
  EXPECT_EQ(stable.at("hosts"), 2);
  EXPECT_EQ(get("/api/v1/targets?limit=1").at("next"), kBuild + ".canary");
  EXPECT_EQ(get("/api/v1/targets?limit=1&after=" + kBuild + ".canary").at("targets").at(0), stable);
  const Json one = get("/api/v1/targets/" + kBuild);
  EXPECT_EQ(one.at("channels").at(1).at("levels").size(), 2u);
  EXPECT_EQ(one.at("channels").at(1).at("levels").at(0).at("hosts"), 1);
  EXPECT_EQ(get("/api/v1/targets/" + kOtherBuild).at("hosts"), 1);
  EXPECT_EQ(code("/api/v1/targets/" + std::string(40, 'c')), "target.unknown");
  EXPECT_EQ(get("/api/v1/patchsets").at("patchsets").size(), 3u);
  EXPECT_EQ(get("/api/v1/patchsets?channel=canary").at("patchsets").size(), 1u);
  EXPECT_EQ(get("/api/v1/patchsets?cve=CVE-2026-0001").at("patchsets").size(), 0u);
  std::string after;
  std::size_t seen = 0;
  for (bool more = true; more;) {
    const Json page = get("/api/v1/patchsets?limit=1" + after);
    seen += page.at("patchsets").size();
    more = !page.at("next").is_null();
    if (more) after = "&after=" + page.at("next").get<std::string>();
  }
  EXPECT_EQ(seen, 3u);
}

TEST_F(FleetTest, ShowsWhereAHoleIsStillOpen) {
  test::must(repository_.publish(1));
  ASSERT_TRUE(write_file(folder_.path() / "other.json",
                         vex(kOtherBuild, statement("CVE-2026-0007", "affected") + "," +
                                              statement("CVE-2026-0008", "not_affected"))));
  watch_.look_outside();
  add(1, 1);
  for (unsigned i = 2; i <= 6; ++i) add(i, 0);
  add(7, 0, kOtherBuild);
  const Json cves = get("/api/v1/cves");
  ASSERT_EQ(cves.at("cves").size(), 2u) << "what is not there anywhere is no news";
  EXPECT_EQ(cves.at("cves").at(1), Json::parse(R"({"cve": "CVE-2026-53249", "targets": 1,
                            "hosts": {"closed": 1, "open": 5, "unknown": 0, "not_affected": 0}})"));
  EXPECT_EQ(get("/api/v1/cves?status=open").at("cves").size(), 2u);
  EXPECT_EQ(get("/api/v1/cves?limit=1").at("next"), "CVE-2026-0007");
  std::vector<std::string> open;
  std::string after;
  for (bool more = true; more;) {
    const Json page = get(std::string("/api/v1/cves/") + kCve + "?limit=2" + after);
    for (const Json& host : page.at("hosts")) open.push_back(host.at("hostname"));
    more = !page.at("next").is_null();
    if (more) after = "&after=" + page.at("next").get<std::string>();
  }
  EXPECT_EQ(open, (std::vector<std::string>{"web2", "web3", "web4", "web5", "web6"}));
  EXPECT_EQ(get(std::string("/api/v1/cves/") + kCve + "?status=closed").at("hosts").at(0).at("hostname"),
            "web1");
  EXPECT_EQ(code("/api/v1/cves/CVE-2026-9999"), "cve.unknown");
  EXPECT_EQ(code(std::string("/api/v1/cves/") + kCve + "?after=x"), "request.parameter");
  EXPECT_EQ(code("/api/v1/cves?status=fine"), "request.parameter");
}

TEST_F(FleetTest, ShowsTheAdvisoriesOfAHost) {
  test::must(repository_.publish(1));
  ASSERT_TRUE(
      write_file(folder_.path() / "this.json",
                 vex(kBuild, statement("CVE-2026-0007", "affected", R"(, "status_notes": "it is there")") +
                                 "," + statement("CVE-2026-0008", "under_investigation"))));
  watch_.look_outside();
  add(1, 0);
  const std::string path = "/api/v1/hosts/" + host_id(1) + "/advisories";
  const Json all = get(path);
  EXPECT_EQ(all.at("exposure"), "exposed");
  EXPECT_EQ(all.at("counts"), (Json{{"affected", 1}, {"under_investigation", 1}, {"open", 1}}));
  EXPECT_EQ(all.at("advisories").at(0).at("why"), "it is there");
  EXPECT_EQ(all.at("advisories").at(2).at("level"), 1);
  EXPECT_EQ(get(path + "?status=open").at("advisories").size(), 1u);
  EXPECT_EQ(get(path + "?limit=1").at("next"), "CVE-2026-0007");
  EXPECT_EQ(get(path + "?limit=1&after=CVE-2026-0008").at("advisories").at(0).at("cve"), kCve);
  EXPECT_EQ(code(path + "?status=fine"), "request.parameter");
  EXPECT_EQ(code("/api/v1/hosts/" + host_id(9) + "/advisories"), "host.unknown");
  add(1, 1);
  EXPECT_EQ(get(path).at("counts").at("closed"), 1);
  EXPECT_EQ(get("/api/v1/hosts/" + host_id(1)).at("exposure"), "exposed");
}

TEST_F(FleetTest, CountsExposureInTheSummary) {
  test::must(repository_.publish(1));
  watch_.look_outside();
  add(1, 1);
  add(2, 0);
  add(3, 0, kOtherBuild);
  const Json summary = get("/api/v1/summary");
  EXPECT_EQ(summary.at("exposure"), (Json{{"safe", 1}, {"exposed", 1}, {"unknown", 1}}));
  ASSERT_TRUE(store_.write([](sql::Database& database) {
    return put_group(database, "some", {.hosts = {host_id(1), host_id(3)}}, "2027-01-15T08:00:00Z");
  }));
  EXPECT_EQ(get("/api/v1/groups/some").at("exposure"), (Json{{"safe", 1}, {"exposed", 0}, {"unknown", 1}}));
  ASSERT_EQ(summary.at("by_target").size(), 2u);
  EXPECT_EQ(summary.at("by_target").at(0).at("build_id"), kBuild);
  EXPECT_EQ(summary.at("by_target").at(0).at("exposure").at("exposed"), 1);
}

TEST_F(FleetTest, SilentHostsAreToldOnceAndComeBack) {
  add(1, 1);
  watch_.look_at_hosts();
  // Servers have looked all the time.
  for (int minutes = 0; minutes < 12 * 60; minutes += 5) {
    now_ += 5min;
    if (minutes == 60) add(2, 1);
    watch_.look_at_hosts();
  }
  EXPECT_EQ(kinds_of_events(), (std::vector<std::string>{"host.new", "host.new"}));
  now_ += 1min;
  watch_.look_at_hosts();
  watch_.look_at_hosts();
  EXPECT_EQ(kinds_of_events().back(), "host.silent");
  EXPECT_EQ(kinds_of_events().size(), 3u);
  EXPECT_EQ(get("/api/v1/hosts/" + host_id(1)).at("silent"), true);
  add(1, 1);
  EXPECT_EQ(kinds_of_events().back(), "host.back");
  EXPECT_EQ(get("/api/v1/hosts/" + host_id(1)).at("silent"), false);
}

TEST_F(FleetTest, AFleetIsNotSilentBecauseItsServerWasAway) {
  for (unsigned i = 1; i <= 3; ++i) add(i, 1);
  watch_.look_at_hosts();
  now_ += 48h;
  watch_.look_at_hosts();
  EXPECT_EQ(kinds_of_events().back(), "host.new");
  for (int minutes = 0; minutes <= 6 * 60; minutes += 5) {
    now_ += 5min;
    watch_.look_at_hosts();
  }
  EXPECT_EQ(kinds_of_events().back(), "host.silent");
}

TEST_F(FleetTest, AClockThatWasSetBackHidesNobody) {
  now_ += 1000h;
  for (int i = 0; i < 150; ++i) {
    watch_.look_at_hosts();
    now_ += 5min;
  }
  now_ = kNow;
  add(1, 1);
  for (int i = 0; i < 150; ++i) {
    watch_.look_at_hosts();
    now_ += 5min;
  }
  EXPECT_EQ(kinds_of_events().back(), "host.silent");
}

TEST_F(FleetTest, ManySilentHostsAreAllTold) {
  now_ = kNow - 24h;
  for (unsigned i = 0; i < 2500; ++i) add(i, 1);
  const auto told = [&](Store::Time now) {
    return *store_.write([&](sql::Database& database) { return tell_silent(database, {}, now); });
  };
  for (auto now = kNow - 7h; now < kNow; now += 5min) EXPECT_EQ(told(now) >= 0, true);
  EXPECT_EQ(store_.read([](sql::Database& database) {
    return database.integer("SELECT count(*) FROM host_facts WHERE silent = 1");
  }),
            2500);
}

TEST_F(FleetTest, KeepsTheHistoryByTheHour) {
  test::must(repository_.publish(1));
  watch_.look_outside();
  add(1, 0);
  for (int i = 0; i < 72; ++i) {
    watch_.look_at_hosts();
    now_ += 30min;
    if (i == 2) add(1, 1);
  }
  EXPECT_EQ(get("/api/v1/history?days=7").at("history").size(), 36u);
  const Json first = get("/api/v1/history?days=7").at("history").at(0);
  EXPECT_EQ(first.at("time"), "2027-01-15T08:00:00Z");
  EXPECT_EQ(first.at("exposed"), 1);
  EXPECT_EQ(get("/api/v1/history?days=7").at("history").at(2).at("safe"), 1);
  EXPECT_EQ(get("/api/v1/history?days=30").at("history").size(), 2u) << "one a day";
  EXPECT_EQ(get("/api/v1/history?days=1").at("history").size(), 23u);
  EXPECT_EQ(code("/api/v1/history?days=500"), "request.parameter");
  now_ += 401 * 24h;
  watch_.look_at_hosts();
  EXPECT_EQ(get("/api/v1/history?days=400").at("history").size(), 1u);
}

TEST_F(FleetTest, OldEventsAreDropped) {
  for (unsigned i = 0; i < 20; ++i) add(i, 1);
  watch_.look_at_hosts();
  EXPECT_EQ(kinds_of_events().size(), 10u);
}

TEST_F(FleetTest, LargeFleetsAreCounted) {
  ASSERT_TRUE(store_.check());
  // As many hosts as the largest fleet that is measured has in a test's time.
  const std::string hosts =
      "'applied', value % 3, '6.1', '2027-01-15T08:00:00Z', '2027-01-15T08:00:00Z', '{}'";
  ASSERT_TRUE(
      database_.execute("INSERT INTO hosts SELECT printf('%032x', value), " + hosts +
                            " FROM (WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n"
                            " WHERE value < 100000) SELECT value FROM n)",
                        "INSERT INTO hosts SELECT lpad(to_hex(value), 32, '0'), " + hosts +
                            " FROM generate_series(1, 100000) AS n (value)"));
  ASSERT_TRUE(database_.execute("INSERT INTO host_facts SELECT host_id, 'web', '6.1', '" + kBuild +
                                "', 'stable', level, 'applied', 0, '', '' FROM hosts"));
  test::must(repository_.publish(1));
  test::must(repository_.publish(2));
  watch_.look_outside();
  const Json summary = get("/api/v1/summary");
  EXPECT_EQ(summary.at("exposure"), (Json{{"safe", 66667}, {"exposed", 33333}, {"unknown", 0}}));
  const Json page = get(std::string("/api/v1/cves/") + kCve + "?limit=1000");
  EXPECT_EQ(page.at("hosts").size(), 1000u);
  EXPECT_EQ(page.at("counts").at("open"), 33333);
}

/// What only SQLite says in this way.
class FleetFileTest : public FleetTest {};

/// The fleet is counted and listed without a look at each host.
TEST_F(FleetFileTest, IsCountedByTheIndex) {
  for (const char* sql :
       {"SELECT build_id, channel, level, state, silent, count(*) FROM host_facts"
        " GROUP BY build_id, channel, level, state, silent ORDER BY build_id, channel, level, state, silent",
        "SELECT host_id, hostname, release FROM host_facts WHERE build_id = 'a' AND channel = 'b' AND level "
        "= 1"
        " AND state = 'applied' AND silent = 0 AND host_id > '' ORDER BY host_id LIMIT 10"}) {
    ASSERT_TRUE(store_.read([&](sql::Database& database) -> Result<void> {
      auto plan = TRY(database.prepare(std::string("EXPLAIN QUERY PLAN ") + sql));
      while (TRY(plan.step())) {
        EXPECT_NE(plan.text(3).find("host_facts_by_patch"), std::string::npos) << plan.text(3);
        EXPECT_EQ(plan.text(3).find("TEMP B-TREE"), std::string::npos) << plan.text(3);
      }
      return {};
    }));
  }
}

}  // namespace
}  // namespace suture::server
