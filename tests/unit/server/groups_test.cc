// SPDX-License-Identifier: Apache-2.0
#include "server/fleet/groups.h"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "base/json.h"
#include "database.h"
#include "fleet.h"
#include "server/api.h"
#include "server/fleet/conditions.h"

namespace suture::server {
namespace {

using namespace std::chrono_literals;

const Store::Time kNow{1'800'000'000s};
using Names = std::vector<std::string>;

TEST(GroupRuleTest, GlobsMatchAsInAShell) {
  EXPECT_TRUE(matches_glob("web*", "web1"));
  EXPECT_TRUE(matches_glob("*", ""));
  EXPECT_TRUE(matches_glob("*.example.org", "a.b.example.org"));
  EXPECT_TRUE(matches_glob("w?b-*-*x", "wab-1-2-x"));
  EXPECT_FALSE(matches_glob("web", "web1"));
  EXPECT_FALSE(matches_glob("?", ""));
  EXPECT_FALSE(matches_glob("web*1", "web12"));
  EXPECT_FALSE(matches_glob("", "a"));
  // Would take for ever if every star tried everything.
  std::string stars;
  for (int i = 0; i < 100; ++i) stars += "*a";
  EXPECT_FALSE(matches_glob(stars + "b", std::string(250, 'a')));
}

TEST(GroupRuleTest, AllConditionsMustHold) {
  const GroupedHost host{"web1", "6.1.0-47-cloud-amd64", "debian", {"env=prod", "web"}};
  EXPECT_TRUE(holds({.tags = {"web"}}, host));
  EXPECT_TRUE(holds(
      {.tags = {"env=prod", "web"}, .hostname = "web?", .release = "6.1.*", .distribution = "debian"}, host));
  EXPECT_FALSE(holds({.tags = {"web", "db"}}, host));
  EXPECT_FALSE(holds({.tags = {"env"}}, host));
  EXPECT_FALSE(holds({.hostname = "db*"}, host));
  EXPECT_FALSE(holds({.release = "6.1"}, host));
  EXPECT_FALSE(holds({.distribution = "ubuntu"}, host));
}

TEST(GroupRuleTest, TagsAndNamesHaveAForm) {
  for (const char* good : {"a", "0", "env=prod", "rack.3=R/17:b", "owner=it@example.org"})
    EXPECT_TRUE(is_tag(good));
  for (const char* bad : {"", "=", "a=", "=b", "A", "-a", "a b", "a=b c", "a=b=c", "ä", "a\n"}) {
    EXPECT_FALSE(is_tag(bad)) << bad;
  }
  EXPECT_TRUE(is_tag(std::string(64, 'a') + "=" + std::string(64, 'b')));
  EXPECT_FALSE(is_tag(std::string(65, 'a')));
  EXPECT_FALSE(is_tag("a=" + std::string(65, 'b')));
  EXPECT_FALSE(is_group_name("a=b"));
}

TEST(GroupRuleTest, BrokenDocumentsAreRefused) {
  for (const char* bad : {"", "[]", "{}", R"({"hosts": {}})", R"({"hosts": ["web1"]})",
                          R"({"hosts": [], "rule": {"tags": ["a"]}})", R"({"rule": {}})", R"({"rule": []})",
                          R"({"rule": {"tags": []}})", R"({"rule": {"tags": ["A"]}})",
                          R"({"rule": {"hostname": ""}})", R"({"rule": {"hostname": "a b"}})",
                          R"({"rule": {"release": 6}})", R"({"rule": {"state": "applied"}})",
                          R"({"hosts": [], "name": "x"})", R"({"hosts": [], "description": 1})"}) {
    EXPECT_FALSE(parse_group(bad)) << bad;
  }
  const auto rule =
      parse_group(R"({"description": "all", "rule": {"tags": ["b", "a", "b"], "hostname": "*"}})");
  ASSERT_TRUE(rule) << rule.error().message();
  EXPECT_EQ(rule->rule->tags, (Names{"a", "b"}));
  for (const char* bad :
       {"", "{}", R"({"tags": 1})", R"({"tags": [1]})", R"({"tags": ["A"]})", R"({"tags": [], "more": 1})"}) {
    EXPECT_FALSE(parse_tags(bad)) << bad;
  }
  Json many = {{"tags", Json::array()}};
  for (int i = 0; i < 33; ++i) many["tags"].push_back(fmt::format("t{}", i));
  EXPECT_EQ(parse_tags(many.dump()).error().code, "tags.schema");
}

class GroupsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { spdlog::set_level(spdlog::level::off); }
  void SetUp() override {
    for (unsigned i = 1; i <= 5; ++i) add(i);
  }
  void add(unsigned number, const std::string& name = {}, const std::string& build_id = {}) {
    auto report = report_of(number);
    if (!name.empty()) report.hostname = name;
    if (!build_id.empty()) report.build_id = build_id;
    ASSERT_TRUE(store_.add(report, kNow));
  }
  Response ask(std::string method, std::string target, std::string body = {}) {
    return api_.handle({.method = std::move(method),
                        .target = std::move(target),
                        .body = std::move(body),
                        .content_type = "application/json",
                        .authorization = "Bearer " + wake_token_});
  }
  Json get(std::string target) { return Json::parse(ask("GET", std::move(target)).body); }
  static std::string code(const Response& response) {
    return Json::parse(response.body).at("error").at("code");
  }
  std::string host(unsigned number) { return "/api/v1/hosts/" + host_id(number); }
  Names listed(const std::string& filter) {
    Names names;
    const Json page = get("/api/v1/hosts?" + filter);
    for (const Json& each : page.at("hosts")) names.push_back(each.at("hostname"));
    return names;
  }

  std::string wake_token_ = "the token of the operator's file";
  NewDatabase database_;
  Store store_ = *Store::open(database_);
  AccessStore tokens_ = *AccessStore::open(database_);
  Access access_{tokens_, {.report = {}, .wake = wake_token_}};
  Api api_{{.store = store_, .access = access_, .clock = [] { return kNow; }}};
};

TEST_F(GroupsTest, HostsHaveTags) {
  EXPECT_EQ(get(host(1)).at("tags"), Json::array());
  EXPECT_EQ(ask("PUT", host(1) + "/tags", R"({"tags": ["web", "env=prod", "web"]})").status, 200);
  EXPECT_EQ(get(host(1)).at("tags"), (Json{"env=prod", "web"}));
  EXPECT_EQ(listed("tag=env%3Dprod"), Names{"web1"});
  EXPECT_EQ(ask("PUT", host(1) + "/tags", R"({"tags": []})").status, 200);
  EXPECT_EQ(listed("tag=web"), Names{});
  EXPECT_EQ(code(ask("PUT", host(9) + "/tags", R"({"tags": []})")), "host.unknown");
  EXPECT_EQ(code(ask("PUT", host(1) + "/tags", R"({"tags": ["A"]})")), "tags.schema");
  const auto log = *tokens_.entries(INT64_MAX, 10);
  EXPECT_EQ(log.items.size(), 2u) << "what was refused changed nothing";
}

TEST_F(GroupsTest, AListOfHosts) {
  const auto made =
      ask("PUT", "/api/v1/groups/pilots",
          Json{{"description", "first"}, {"hosts", {host_id(2), host_id(1), host_id(2)}}}.dump());
  ASSERT_EQ(made.status, 200) << made.body;
  EXPECT_EQ(Json::parse(made.body).at("hosts"), 2);
  EXPECT_EQ(listed("group=pilots"), (Names{"web1", "web2"}));
  EXPECT_EQ(get(host(1)).at("groups"), Json{"pilots"});
  EXPECT_EQ(code(ask("PUT", "/api/v1/groups/pilots", Json{{"hosts", {host_id(9)}}}.dump())), "group.host");
  EXPECT_EQ(listed("group=pilots").size(), 2u) << "an error changes nothing";
  EXPECT_EQ(code(ask("PUT", "/api/v1/groups/Pilots", R"({"hosts": []})")), "group.name");
  EXPECT_EQ(get("/api/v1/groups").at("groups").at(0).at("name"), "pilots");
  EXPECT_EQ(ask("DELETE", "/api/v1/groups/pilots").status, 200);
  EXPECT_EQ(code(ask("DELETE", "/api/v1/groups/pilots")), "group.unknown");
  EXPECT_EQ(code(ask("GET", "/api/v1/groups/pilots")), "group.unknown");
  EXPECT_EQ(listed("group=pilots"), Names{});
}

TEST_F(GroupsTest, ARuleFollowsTheHosts) {
  ASSERT_EQ(
      ask("PUT", "/api/v1/groups/prod", R"({"rule": {"tags": ["env=prod"], "hostname": "web*"}})").status,
      200);
  EXPECT_EQ(listed("group=prod"), Names{});
  ask("PUT", host(3) + "/tags", R"({"tags": ["env=prod"]})");
  ask("PUT", host(1) + "/tags", R"({"tags": ["env=prod"]})");
  EXPECT_EQ(listed("group=prod"), (Names{"web1", "web3"}));
  add(1, "db1");
  EXPECT_EQ(listed("group=prod"), Names{"web3"});
  ASSERT_EQ(ask("PUT", "/api/v1/groups/prod", R"({"rule": {"hostname": "db*"}})").status, 200);
  EXPECT_EQ(listed("group=prod"), Names{"db1"});
  add(6, "db6");
  EXPECT_EQ(listed("group=prod"), (Names{"db1", "db6"}));
  EXPECT_EQ(get("/api/v1/groups/prod").at("hosts"), 2);
}

TEST_F(GroupsTest, ADistributionIsKnownByTheBuild) {
  const std::string build(40, 'b');
  add(1, {}, build);
  ASSERT_EQ(ask("PUT", "/api/v1/groups/deb", R"({"rule": {"distribution": "debian"}})").status, 200);
  EXPECT_EQ(listed("group=deb"), Names{});
  ASSERT_TRUE(store_.write([&](sql::Database& database) {
    return note_builds(database, {{build, "debian"}, {"0123", "rocky"}});
  }));
  EXPECT_EQ(listed("group=deb"), Names{"web1"});
  add(2, {}, build);
  EXPECT_EQ(listed("group=deb"), (Names{"web1", "web2"}));
}

TEST_F(GroupsTest, ThereIsAnEndToGroups) {
  for (int i = 0; i < 256; ++i) {
    ASSERT_EQ(ask("PUT", fmt::format("/api/v1/groups/g{}", i), R"({"hosts": []})").status, 200);
  }
  const auto refused = ask("PUT", "/api/v1/groups/more", R"({"hosts": []})");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(code(refused), "group.too-many");
  EXPECT_EQ(ask("PUT", "/api/v1/groups/g7", R"({"hosts": []})").status, 200);
}

TEST_F(GroupsTest, ARemovedHostIsForgotten) {
  ask("PUT", host(1) + "/tags", R"({"tags": ["a"]})");
  ask("PUT", "/api/v1/groups/all", R"({"rule": {"hostname": "*"}})");
  EXPECT_EQ(ask("DELETE", host(1)).status, 200);
  EXPECT_EQ(code(ask("DELETE", host(1))), "host.unknown");
  EXPECT_EQ(code(ask("GET", host(1))), "host.unknown");
  EXPECT_EQ(listed("tag=a"), Names{});
  EXPECT_EQ(get("/api/v1/groups/all").at("hosts"), 4);
  EXPECT_EQ(get("/api/v1/events?limit=1").at("events").at(0).at("kind"), "host.removed");
  add(1);
  EXPECT_EQ(get("/api/v1/events?limit=1").at("events").at(0).at("kind"), "host.new");
  EXPECT_EQ(get(host(1) + "/reports").at("reports").size(), 1u);
}

TEST_F(GroupsTest, HostsAreFoundByNameAndByWhatTheyAre) {
  add(6, "db1");
  add(7, "web10");
  EXPECT_EQ(listed("q=web1"), (Names{"web1", "web10"}));
  EXPECT_EQ(listed("q=b"), Names{});
  EXPECT_EQ(listed("q=db1&state=applied"), Names{"db1"});
  EXPECT_EQ(listed("build_id=0123456789012345678901234567890123456789").size(), 7u);
  EXPECT_EQ(listed("release=6.1.0-47-cloud-amd64&state=failed"), Names{});
  EXPECT_EQ(listed("cve=CVE-2026-53249&tag=none"), Names{});
  const Json first = get("/api/v1/hosts?q=web&limit=2");
  EXPECT_EQ(first.at("next"), host_id(7) + ".web10");
  EXPECT_EQ(listed("q=web&limit=2&after=" + first.at("next").get<std::string>()), (Names{"web2", "web3"}));
  EXPECT_EQ(code(ask("GET", "/api/v1/hosts?q=web&after=" + host_id(1))), "request.parameter");
  EXPECT_EQ(code(ask("GET", "/api/v1/hosts?after=" + host_id(1) + ".web1")), "request.parameter");
  EXPECT_EQ(code(ask("GET", "/api/v1/hosts?tag=")), "request.parameter");
}

/// What only SQLite says in this way.
class GroupsFileTest : public GroupsTest {};

/// No page walks all hosts, and none is sorted after it was found.
TEST_F(GroupsFileTest, PagesWalkAnIndex) {
  std::vector<HostQuery> queries;
  for (const bool with_state : {false, true}) {
    const std::optional<HostState> state = with_state ? std::optional(HostState::kApplied) : std::nullopt;
    queries.push_back({.state = state});
    queries.push_back({.state = state, .cve = "CVE-2026-53249"});
    queries.push_back({.state = state, .tag = "a"});
    queries.push_back({.state = state, .group = "a"});
    queries.push_back({.state = state, .build_id = "a"});
    queries.push_back({.state = state, .release = "a"});
    queries.push_back({.state = state, .name_prefix = "web"});
    queries.push_back(
        {.state = state, .cve = "a", .tag = "a", .group = "a", .build_id = "a", .release = "a"});
    queries.push_back({.state = state, .tag = "a", .group = "a", .name_prefix = "web"});
  }
  for (const HostQuery& query : queries) {
    const Conditions conditions = host_conditions(query);
    const auto steps = store_.read([&](sql::Database& database) -> Result<Names> {
      auto plan = TRY(database.prepare("EXPLAIN QUERY PLAN " + conditions.sql()));
      conditions.bind(plan);
      Names details;
      while (TRY(plan.step())) details.push_back(plan.text(3));
      return details;
    });
    ASSERT_TRUE(steps) << steps.error().message();
    for (const std::string& step : *steps) {
      EXPECT_FALSE(step.starts_with("SCAN")) << step << " in " << conditions.sql();
      EXPECT_EQ(step.find("TEMP B-TREE"), std::string::npos) << step << " in " << conditions.sql();
    }
  }
}

}  // namespace
}  // namespace suture::server
