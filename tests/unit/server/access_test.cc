// SPDX-License-Identifier: Apache-2.0
//
// Every route, by everybody. Who may what is written down here a second time, by hand, so that neither a
// route nor a right comes or goes unnoticed.
#include "server/access/access.h"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <map>
#include <set>

#include "base/file.h"
#include "base/json.h"
#include "database.h"
#include "fleet.h"
#include "server/api.h"
#include "server/fleet/report_api.h"

namespace suture::server {
namespace {

using namespace std::chrono_literals;

const Store::Time kNow{1'800'000'000s};

/// The least role of each route, and its scope; an empty role: open to everybody; "session": to whoever is
/// logged in.
struct Need {
  std::string role;
  std::string scope{};
};
const std::map<std::string, Need> kNeeds{
    {"GET /", {""}},
    {"GET /assets/PATH", {""}},
    {"GET /healthz", {""}},
    {"GET /repository/PATH", {""}},
    {"GET /metrics", {"viewer", "metrics:read"}},
    {"GET /api/v1/openapi.json", {""}},
    {"GET /api/v1/wake", {""}},
    {"POST /api/v1/wake", {"operator", "wake"}},
    {"POST /api/v1/reports", {"operator", "reports:write"}},
    {"GET /api/v1/hosts", {"viewer", "hosts:read"}},
    {"GET /api/v1/hosts/ID", {"viewer", "hosts:read"}},
    {"GET /api/v1/hosts/ID/reports", {"viewer", "hosts:read"}},
    {"DELETE /api/v1/hosts/ID", {"operator", "hosts:write"}},
    {"GET /api/v1/hosts/ID/advisories", {"viewer", "hosts:read"}},
    {"PUT /api/v1/hosts/ID/tags", {"operator", "hosts:write"}},
    {"DELETE /api/v1/hosts/ID/key", {"operator", "hosts:write"}},
    {"GET /api/v1/groups", {"viewer", "hosts:read"}},
    {"GET /api/v1/groups/ID", {"viewer", "hosts:read"}},
    {"PUT /api/v1/groups/ID", {"operator", "hosts:write"}},
    {"DELETE /api/v1/groups/ID", {"operator", "hosts:write"}},
    {"GET /api/v1/summary", {"viewer", "hosts:read"}},
    {"GET /api/v1/targets", {"viewer", "hosts:read"}},
    {"GET /api/v1/targets/ID", {"viewer", "hosts:read"}},
    {"GET /api/v1/patchsets", {"viewer", "hosts:read"}},
    {"GET /api/v1/cves", {"viewer", "hosts:read"}},
    {"GET /api/v1/cves/ID", {"viewer", "hosts:read"}},
    {"GET /api/v1/history", {"viewer", "hosts:read"}},
    {"GET /api/v1/events", {"viewer", "hosts:read"}},
    {"GET /api/v1/hosts/ID/explain", {"viewer", "rollouts:read"}},
    {"GET /api/v1/rollouts", {"viewer", "rollouts:read"}},
    {"POST /api/v1/rollouts", {"operator", "rollouts:write"}},
    {"GET /api/v1/rollouts/ID", {"viewer", "rollouts:read"}},
    {"POST /api/v1/rollouts/ID/approve", {"approver", "rollouts:approve"}},
    {"POST /api/v1/rollouts/ID/halt", {"operator", "rollouts:write"}},
    {"POST /api/v1/rollouts/ID/resume", {"operator", "rollouts:write"}},
    {"POST /api/v1/rollouts/ID/revert", {"operator", "rollouts:write"}},
    {"POST /api/v1/rollouts/ID/cancel", {"operator", "rollouts:write"}},
    {"POST /api/v1/rollouts/ID/urgent", {"operator", "rollouts:write"}},
    {"GET /api/v1/rollout-policies", {"viewer", "rollouts:read"}},
    {"GET /api/v1/rollout-policies/ID", {"viewer", "rollouts:read"}},
    {"PUT /api/v1/rollout-policies/ID", {"operator", "rollouts:write"}},
    {"DELETE /api/v1/rollout-policies/ID", {"operator", "rollouts:write"}},
    {"GET /api/v1/tokens", {"admin", "tokens:manage"}},
    {"POST /api/v1/tokens", {"admin", "tokens:manage"}},
    {"DELETE /api/v1/tokens/ID", {"admin", "tokens:manage"}},
    {"GET /api/v1/audit", {"admin", "audit:read"}},
    {"GET /api/v1/notifications", {"admin", "notifications:manage"}},
    {"POST /api/v1/notifications", {"admin", "notifications:manage"}},
    {"GET /api/v1/notifications/ID", {"admin", "notifications:manage"}},
    {"DELETE /api/v1/notifications/ID", {"admin", "notifications:manage"}},
    {"POST /api/v1/notifications/ID/test", {"admin", "notifications:manage"}},
    {"GET /api/v1/notifications/ID/messages", {"admin", "notifications:manage"}},
    {"POST /api/v1/notifications/ID/retry", {"admin", "notifications:manage"}},
    {"GET /api/v1/users", {"admin", "users:manage"}},
    {"POST /api/v1/users", {"admin", "users:manage"}},
    {"PATCH /api/v1/users/ID", {"admin", "users:manage"}},
    {"DELETE /api/v1/users/ID", {"admin", "users:manage"}},
    {"DELETE /api/v1/users/ID/sessions", {"admin", "users:manage"}},
    {"GET /api/v1/login-ways", {""}},
    {"GET /api/v1/oidc/login", {""}},
    {"GET /api/v1/oidc/callback", {""}},
    {"POST /api/v1/session", {""}},
    {"GET /api/v1/session", {"session"}},
    {"DELETE /api/v1/session", {"session"}},
    {"POST /api/v1/session/password", {"session"}},
    {"POST /api/v1/session/totp", {"session"}},
    {"PUT /api/v1/session/totp", {"session"}},
    {"DELETE /api/v1/session/totp", {"session"}},
};
const std::vector<std::string> kRanks{"viewer", "operator", "approver", "admin"};

std::size_t rank(const std::string& role) {
  return static_cast<std::size_t>(std::ranges::find(kRanks, role) - kRanks.begin());
}

std::string_view role_of(const Route& route) {
  if (route.of_session()) return "session";
  return route.scope ? name_of(least_role(*route.scope)) : "";
}

std::string path_of(const Route& route) {
  std::string path(route.path);
  if (const auto at = path.find("ID"); at != path.npos)
    path.replace(at, 2, path.find("hosts") != path.npos ? host_id(1) : "999");
  if (const auto at = path.find("PATH"); at != path.npos) path.replace(at, 4, "targets/a.ko");
  return path;
}

class AccessTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { spdlog::set_level(spdlog::level::off); }

  std::string secret_of(std::string name, Role role, Scopes scopes = {}, std::string expires = {}) {
    auto added =
        tokens_.add({std::move(name), role, std::move(scopes), std::move(expires)}, "local test", kNow);
    EXPECT_TRUE(added) << added.error().message();
    return added->secret;
  }
  Response ask(std::string method, std::string target, const std::string& secret = {},
               std::string body = {}) {
    return api_.handle({.method = std::move(method),
                        .target = std::move(target),
                        .body = std::move(body),
                        .content_type = "application/json",
                        .authorization = secret.empty() ? "" : "Bearer " + secret,
                        .client = "192.0.2.1"});
  }
  Response use(const Route& route, const std::string& method, const std::string& secret) {
    return ask(method, path_of(route), secret, route.handler == take_report ? report_text(1) : "{}");
  }
  static std::string code(const Response& response) {
    const auto json = Json::parse(response.body);
    return json.contains("error") ? json.at("error").at("code").get<std::string>() : "";
  }
  static bool let_in(const Response& response) {
    return response.status != 401 && response.status != 403 && response.status != 429;
  }

  TempDir folder_ = *TempDir::make("suture-access");
  NewDatabase database_;
  Store store_ = *Store::open(database_);
  AccessStore tokens_ = *AccessStore::open(database_);
  std::string report_token_ = "the token of the reports' file";
  std::string wake_token_ = "the token of the operator's file";
  Throttle::Limits throttle_{.burst = 10'000};
  People people_ = *People::open(folder_.path() / "fleet.db", {}, {.https = true});
  Access access_{tokens_, {.report = report_token_, .wake = wake_token_}, throttle_, &people_};
  WakeBoard board_{folder_.path() / "timestamp.json", 10};
  Store::Time now_ = kNow;
  Api api_{{.store = store_, .access = access_, .people = &people_, .board = &board_, .clock = [this] {
              return now_;
            }}};
};

TEST_F(AccessTest, EveryRouteIsInTheMatrix) {
  std::set<std::string> seen;
  for (const Route& route : routes()) {
    const std::string name = fmt::format("{} {}", route.method, route.path);
    ASSERT_TRUE(kNeeds.contains(name)) << name << " is not in the matrix of this test";
    const Need& need = kNeeds.at(name);
    EXPECT_EQ(route.scope ? name_of(*route.scope) : "", need.scope) << name;
    EXPECT_EQ(role_of(route), need.role) << name;
    EXPECT_TRUE(seen.insert(name).second) << name << " is there twice";
  }
  EXPECT_EQ(seen.size(), kNeeds.size());
}

TEST_F(AccessTest, EveryRouteByEveryRole) {
  std::map<std::string, std::string> by_role;
  for (const Role role : kRoles)
    by_role[std::string(name_of(role))] = secret_of(std::string(name_of(role)), role);
  std::map<std::string, std::string> by_scope;
  for (const Scope scope : kScopes) {
    std::string name = "only-" + std::string(name_of(scope));
    std::ranges::replace(name, ':', '-');
    by_scope[std::string(name_of(scope))] = secret_of(name, Role::kAdmin, std::vector{scope});
  }
  const std::string expired = secret_of("expired", Role::kAdmin, {}, "2027-01-15T08:00:01Z");
  const std::string revoked = secret_of("revoked", Role::kAdmin);
  ASSERT_TRUE(tokens_.revoke((*tokens_.find(revoked))->id, "local test", kNow));
  now_ = kNow + 1s;
  const std::string wrong = "suture_1_" + std::string(64, '0');

  for (const Route& route : routes()) {
    const Need need = kNeeds.at(fmt::format("{} {}", route.method, route.path));
    std::vector<std::string> methods{std::string(route.method)};
    if (takes_head(route)) methods.push_back("HEAD");
    for (const std::string& method : methods) {
      const std::string what = fmt::format("{} {}", method, route.path);
      for (const auto& [role, secret] : by_role) {
        const auto answer = use(route, method, secret);
        if (need.role == "session") {
          EXPECT_EQ(code(answer), "session.none") << what << " as token of " << role;
        } else if (need.role.empty() || rank(role) >= rank(need.role)) {
          EXPECT_TRUE(let_in(answer)) << what << " as " << role << ": " << answer.body;
        } else {
          EXPECT_EQ(answer.status, 403) << what << " as " << role;
          EXPECT_EQ(code(answer), "access.role") << what << " as " << role;
          EXPECT_NE(answer.headers.at("WWW-Authenticate").find("scope=\"" + need.scope + "\""),
                    std::string::npos);
        }
      }
      for (const auto& [scope, secret] : by_scope) {
        const auto answer = use(route, method, secret);
        if (need.role == "session") {
          EXPECT_EQ(answer.status, 401) << what;
        } else if (need.scope.empty() || scope == need.scope) {
          EXPECT_TRUE(let_in(answer)) << what << " with " << scope << ": " << answer.body;
        } else {
          EXPECT_EQ(answer.status, 403) << what << " with " << scope;
          EXPECT_EQ(code(answer), "access.scope");
          EXPECT_NE(answer.body.find(need.scope), std::string::npos);
        }
      }
      for (const auto& [secret, told] : {std::pair<std::string, std::string>{"", "request.token"},
                                         {wrong, "request.token"},
                                         {"suture", "request.token"},
                                         {expired, "access.expired"},
                                         {revoked, "access.revoked"}}) {
        const auto answer = use(route, method, secret);
        if (need.role.empty()) {
          EXPECT_TRUE(let_in(answer)) << what;
        } else if (need.role == "session") {
          EXPECT_EQ(code(answer), "session.none") << what;
        } else {
          EXPECT_EQ(answer.status, 401) << what << " with " << secret;
          EXPECT_EQ(code(answer), told) << what;
          EXPECT_TRUE(answer.headers.at("WWW-Authenticate").starts_with("Bearer"));
        }
      }
    }
  }
}

/// The same once more for people: a session is judged as a token of the same rights is.
TEST_F(AccessTest, EveryRouteByEverySession) {
  const auto user = [&](std::string name, Role role, Scopes scopes = {}) {
    return *people_.users.add({.name = std::move(name), .role = role, .scopes = std::move(scopes)},
                              "local test", kNow);
  };
  std::map<std::string, User> by_role;
  for (const Role role : kRoles) {
    const std::string name(name_of(role));
    by_role.emplace(name, user(name, role));
  }
  const User limited = user("limited", Role::kAdmin, std::vector{Scope::kHostsRead});
  const User disabled = user("disabled", Role::kAdmin);
  const std::string dead = *people_.sessions.begin(disabled, "password", kNow);
  ASSERT_TRUE(*people_.users.change(disabled.id, {.disabled = true}, "local test", kNow));
  const auto ask_as = [&](const Route& route, const std::string& method, const std::string& secret,
                          const std::string& csrf) {
    return api_.handle({.method = method,
                        .target = path_of(route),
                        .body = route.handler == take_report ? report_text(1) : "{}",
                        .content_type = "application/json",
                        .client = "192.0.2.1",
                        .host = "fleet.example.org",
                        .cookie = "other=1; __Host-suture-session=" + secret,
                        .csrf_token = csrf});
  };
  for (const Route& route : routes()) {
    const Need need = kNeeds.at(fmt::format("{} {}", route.method, route.path));
    const std::string method(route.method);
    const std::string what = fmt::format("{} {}", method, route.path);
    const bool open = need.role.empty();
    const bool changes = method != "GET";
    for (const auto& [role, who] : by_role) {
      // One each: a route may end it.
      const std::string secret = *people_.sessions.begin(who, "password", kNow);
      if (changes && !open) {
        EXPECT_EQ(code(ask_as(route, method, secret, "")), "session.csrf") << what;
        EXPECT_EQ(code(ask_as(route, method, secret, csrf_token("other"))), "session.csrf") << what;
      }
      const auto answer = ask_as(route, method, secret, csrf_token(secret));
      if (open || need.role == "session" || rank(role) >= rank(need.role)) {
        EXPECT_TRUE(let_in(answer)) << what << " as " << role << answer.body;
      } else {
        EXPECT_EQ(code(answer), "access.role") << what << " as " << role;
      }
    }
    if (open) continue;
    const std::string secret = *people_.sessions.begin(limited, "password", kNow);
    const auto answer = ask_as(route, method, secret, csrf_token(secret));
    if (need.role == "session" || need.scope == "hosts:read") {
      EXPECT_TRUE(let_in(answer)) << what << answer.body;
    } else {
      EXPECT_EQ(code(answer), "access.scope") << what;
    }
    EXPECT_EQ(code(ask_as(route, method, dead, csrf_token(dead))), "session.none") << what;
    const std::string none(64, '0');
    EXPECT_EQ(code(ask_as(route, method, none, csrf_token(none))), "session.none") << what;
  }
}

TEST_F(AccessTest, TheFirstUserClosesTheServer) {
  EXPECT_EQ(ask("GET", "/api/v1/hosts").status, 200);
  ASSERT_TRUE(people_.users.add({.name = "alice", .role = Role::kViewer}, "local test", kNow));
  EXPECT_EQ(ask("GET", "/api/v1/hosts").status, 401);
  // The last user cannot go, so it stays closed.
  EXPECT_EQ(people_.users.remove(1, "local test", kNow).error().code, "user.last");
}

TEST_F(AccessTest, WhatTheTableLacksIsNotThere) {
  const std::string admin = secret_of("admin", Role::kAdmin);
  for (const char* path :
       {"/", "/api/v1", "/api/v1/tokens/", "/api/v1/tokens/1/2", "/api/v1/audit/1", "/api/v2/hosts",
        "/api/v1//hosts", "/repository", "//healthz", "/api/v1/hosts/ID/other"}) {
    EXPECT_EQ(ask("GET", path, admin).status, 404) << path;
  }
  EXPECT_EQ(ask("DELETE", "/api/v1/tokens", admin).headers.at("Allow"), "GET, HEAD, POST");
  EXPECT_EQ(ask("HEAD", "/api/v1/wake", admin).headers.at("Allow"), "GET, POST");
  EXPECT_EQ(ask("get", "/healthz").status, 405);
}

TEST_F(AccessTest, WithoutATokenItIsAsItWas) {
  for (const char* target : {"/healthz", "/api/v1/hosts", "/api/v1/summary", "/api/v1/wake"}) {
    EXPECT_EQ(ask("GET", target).status, 200) << target;
    EXPECT_EQ(ask("GET", target, "whatever").status, 200) << target;
  }
  EXPECT_EQ(ask("POST", "/api/v1/reports", "", report_text(1)).status, 401);
  EXPECT_EQ(ask("POST", "/api/v1/reports", report_token_, report_text(1)).status, 202);
  EXPECT_EQ(ask("POST", "/api/v1/wake", report_token_).status, 401);
  EXPECT_EQ(ask("POST", "/api/v1/wake", wake_token_).status, 202);
  // But nobody makes the first token from afar, not even with the tokens of files.
  for (const std::string& secret : {std::string(), report_token_, wake_token_}) {
    EXPECT_EQ(ask("POST", "/api/v1/tokens", secret, R"({"name": "a", "role": "admin"})").status, 401);
    EXPECT_EQ(ask("GET", "/api/v1/tokens", secret).status, 401);
    EXPECT_EQ(ask("GET", "/api/v1/audit", secret).status, 401);
  }
  EXPECT_FALSE(*tokens_.any_token());
}

TEST_F(AccessTest, TokensOfFilesGoOnWorking) {
  secret_of("viewer", Role::kViewer);
  EXPECT_EQ(ask("POST", "/api/v1/reports", report_token_, report_text(1)).status, 202);
  EXPECT_EQ(ask("POST", "/api/v1/wake", wake_token_).status, 202);
  EXPECT_EQ(ask("GET", "/api/v1/hosts", report_token_).status, 401);
  EXPECT_EQ(ask("GET", "/api/v1/hosts", wake_token_).status, 401);
  // Without such files reports stay open, and calls need a token.
  Access bare(tokens_, {});
  const Api api{{.store = store_, .access = bare, .board = &board_}};
  EXPECT_EQ(api.handle({.method = "POST",
                        .target = "/api/v1/reports",
                        .body = report_text(1),
                        .content_type = "application/json"})
                .status,
            202);
  EXPECT_EQ(api.handle({.method = "POST", .target = "/api/v1/wake", .authorization = "Bearer "}).status, 401);
}

TEST_F(AccessTest, RevokingTheLastTokenKeepsItClosed) {
  const std::string admin = secret_of("admin", Role::kAdmin);
  EXPECT_EQ(ask("DELETE", "/api/v1/tokens/1", admin).status, 200);
  EXPECT_EQ(code(ask("GET", "/api/v1/hosts", admin)), "access.revoked");
  EXPECT_EQ(ask("GET", "/api/v1/hosts").status, 401);
}

TEST_F(AccessTest, AdminsMakeTokensOverTheApi) {
  const std::string admin = secret_of("admin", Role::kAdmin);
  const auto made =
      ask("POST", "/api/v1/tokens", admin,
          R"({"name": "ci", "role": "operator", "scopes": ["wake"], "expires_at": "2027-02-01T00:00:00Z"})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.headers.at("Cache-Control"), "no-store");
  const std::string secret = Json::parse(made.body).at("secret");
  EXPECT_EQ(ask("POST", "/api/v1/wake", secret).status, 202);
  EXPECT_EQ(ask("GET", "/api/v1/hosts", secret).status, 403);
  EXPECT_EQ(ask("POST", "/api/v1/tokens", admin, R"({"name": "ci", "role": "viewer"})").status, 409);
  EXPECT_EQ(
      code(ask("POST", "/api/v1/tokens", admin, R"({"name": "x", "role": "viewer", "scopes": ["wake"]})")),
      "token.scopes");
  EXPECT_EQ(code(ask("POST", "/api/v1/tokens", admin, "{")), "json.malformed");
  const auto listed = Json::parse(ask("GET", "/api/v1/tokens?limit=1&after=1", admin).body);
  EXPECT_EQ(listed.at("tokens").at(0).at("name"), "ci");
  EXPECT_EQ(listed.at("next"), nullptr);
  EXPECT_EQ(listed.dump().find("secret"), std::string::npos);
  EXPECT_EQ(listed.dump().find("hash"), std::string::npos);
  EXPECT_EQ(ask("DELETE", "/api/v1/tokens/2", admin).status, 200);
  for (const char* id : {"3", "0", "-1", "ci", "99999999999999999999"}) {
    EXPECT_EQ(code(ask("DELETE", std::string("/api/v1/tokens/") + id, admin)), "token.unknown") << id;
  }
  const auto log = Json::parse(ask("GET", "/api/v1/audit", admin).body).at("entries");
  EXPECT_EQ(log.at(0).at("action"), "token.revoke");
  EXPECT_EQ(log.at(0).at("who"), "token 1 admin");
  EXPECT_EQ(log.at(1).at("result"), "access.scope");
  EXPECT_EQ(log.at(2).at("action"), "wake.call");
  EXPECT_EQ(log.at(2).at("who"), "token 2 ci");
  EXPECT_TRUE(tokens_.verify());
}

TEST_F(AccessTest, ATokenHandsOnOnlyWhatItHolds) {
  const std::string clerk =
      secret_of("clerk", Role::kAdmin, std::vector{Scope::kTokensManage, Scope::kHostsRead});
  EXPECT_EQ(ask("POST", "/api/v1/tokens", clerk, R"({"name": "a", "role": "admin"})").status, 403);
  EXPECT_EQ(
      ask("POST", "/api/v1/tokens", clerk, R"({"name": "a", "role": "operator", "scopes": ["wake"]})").status,
      403);
  EXPECT_EQ(tokens_.entries(INT64_MAX, 1)->items.at(0).event.action, "access.refused");
  EXPECT_EQ(
      ask("POST", "/api/v1/tokens", clerk, R"({"name": "a", "role": "viewer", "scopes": ["hosts:read"]})")
          .status,
      201);
}

TEST_F(AccessTest, HoldsBackWhoeverGuesses) {
  const std::string viewer = secret_of("viewer", Role::kViewer);
  Access access(tokens_, {.report = report_token_}, {.burst = 3});
  const Api api{{.store = store_, .access = access, .board = &board_, .clock = [this] { return now_; }}};
  const auto from = [&](const char* client, const std::string& secret, const char* target = "/api/v1/hosts") {
    return api.handle(
        {.method = "GET", .target = target, .authorization = "Bearer " + secret, .client = client});
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(from("192.0.2.1", "wrong").status, 401);
  const auto held = from("192.0.2.1", "wrong");
  EXPECT_EQ(held.status, 429);
  EXPECT_EQ(code(held), "access.throttled");
  EXPECT_TRUE(held.headers.contains("Retry-After"));
  // A file's token could be guessed, so it waits as well; a right token of ours never does.
  EXPECT_EQ(api.handle({.method = "POST",
                        .target = "/api/v1/reports",
                        .body = report_text(1),
                        .content_type = "application/json",
                        .authorization = "Bearer " + report_token_,
                        .client = "192.0.2.1"})
                .status,
            429);
  EXPECT_EQ(from("192.0.2.1", viewer).status, 200);
  EXPECT_EQ(from("192.0.2.1", "", "/healthz").status, 200);
  EXPECT_EQ(from("192.0.2.2", "wrong").status, 401);
  EXPECT_EQ(tokens_.entries(INT64_MAX, 1)->items.at(0).event.who, "anonymous 192.0.2.1");
  now_ += 3s;
  EXPECT_EQ(from("192.0.2.1", "wrong").status, 401);
  EXPECT_EQ(from("192.0.2.1", "wrong").status, 429);
}

TEST_F(AccessTest, RefusalsDoNotFillTheDisk) {
  const std::string viewer = secret_of("viewer", Role::kViewer);
  for (int i = 0; i < 300; ++i) EXPECT_EQ(ask("POST", "/api/v1/wake", viewer).status, 403);
  EXPECT_EQ(tokens_.verify()->number, 101);
}

TEST_F(AccessTest, AnswersTellBrowsersToKeepOut) {
  for (const auto& answer :
       {ask("GET", "/api/v1/summary"), ask("GET", "/nothing"), ask("GET", "/api/v1/tokens")}) {
    EXPECT_EQ(answer.headers.at("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(answer.headers.at("X-Frame-Options"), "DENY");
    EXPECT_EQ(answer.headers.at("Cache-Control"), "no-store");
    EXPECT_EQ(answer.headers.at("Referrer-Policy"), "no-referrer");
    EXPECT_NE(answer.headers.at("Content-Security-Policy").find("frame-ancestors 'none'"), std::string::npos);
  }
}

TEST(ThrottleTest, RemembersOnlySoManyAddresses) {
  Throttle throttle({.burst = 1, .addresses = 100});
  EXPECT_TRUE(throttle.wrong("192.0.2.1", kNow));
  for (int i = 0; i < 5000; ++i) throttle.wrong(fmt::format("10.0.{}.{}", i / 256, i % 256), kNow);
  EXPECT_EQ(throttle.addresses(), 100u);
  EXPECT_FALSE(throttle.holds_back("192.0.2.1", kNow));
  EXPECT_TRUE(throttle.holds_back("10.0.19.135", kNow));
}

TEST(ThrottleTest, ForgivesWithTimeOnly) {
  Throttle throttle({.burst = 2, .refill = 10s});
  EXPECT_FALSE(throttle.wrong("a", kNow));
  EXPECT_TRUE(throttle.wrong("a", kNow));
  EXPECT_TRUE(throttle.holds_back("a", kNow - 24h));
  EXPECT_TRUE(throttle.holds_back("a", kNow + 9s));
  EXPECT_FALSE(throttle.holds_back("a", kNow + 10s));
}

TEST(ThrottleTest, AnIpv6NetworkIsOneAddress) {
  EXPECT_EQ(throttle_key("2001:db8:1:2::1"), throttle_key("2001:db8:1:2:ffff::9"));
  EXPECT_NE(throttle_key("2001:db8:1:2::1"), throttle_key("2001:db8:1:3::1"));
  EXPECT_NE(throttle_key("::ffff:192.0.2.1"), throttle_key("::ffff:192.0.2.2"));
  EXPECT_EQ(throttle_key("fe80::1%eth0"), throttle_key("fe80::2"));
}

/// docs/server-api.md begins with the table of routes.
TEST(Documentation, ListsTheRoutesAsTheyAre) {
  const auto text = read_text_file(SUTURE_TEST_DATA "/../../docs/server-api.md");
  ASSERT_TRUE(text);
  std::set<std::string> wanted;
  for (const Route& route : routes()) {
    wanted.insert(fmt::format("| `{}` | {}{} | {} | {} |", route.path, route.method,
                              takes_head(route) ? ", HEAD" : "",
                              role_of(route).empty() ? "open" : role_of(route),
                              route.scope ? fmt::format("`{}`", name_of(*route.scope)) : "-"));
  }
  std::set<std::string> told;
  for (std::size_t at = text->find("\n| `/"); at != text->npos; at = text->find("\n| `/", at + 1)) {
    // The last cell says in words what it is.
    const std::string line = text->substr(at + 1, text->find('\n', at + 1) - at - 1);
    told.insert(line.substr(0, line.rfind('|', line.size() - 2) + 1));
  }
  EXPECT_EQ(told, wanted);
}

}  // namespace
}  // namespace suture::server
