// SPDX-License-Identifier: Apache-2.0
//
// Logging in and out, over the API: what works, and what must not.
#include "server/access/login.h"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "base/json.h"
#include "database.h"
#include "server/access/password.h"
#include "server/access/session_gate.h"
#include "server/access/totp.h"
#include "server/api.h"
#include "server/wire/client_address.h"

namespace suture::server {
namespace {

using namespace std::chrono_literals;

const Store::Time kNow{1'800'000'000s};
constexpr const char* kPassword = "a horse that stands in the rain";

TEST(Password, IsKeptAsTheRfcWritesIt) {
  const std::string hash = *hash_password(kPassword);
  EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << hash;
  EXPECT_NE(hash, *hash_password(kPassword));
  EXPECT_TRUE(*is_password(kPassword, hash));
  for (const std::string& wrong : {std::string(), std::string("a horse"), std::string(kPassword) + " ",
                                   std::string(kPassword) + '\0', std::string(5000, 'a')}) {
    EXPECT_FALSE(*is_password(wrong, hash));
  }
  // Nobody's hash, and what somebody has put into the database.
  for (const char* broken : {"", "x", "$argon2id$", "$argon2id$v=19$m=19456,t=2,p=1$AAAA", "$1$abc$def"}) {
    EXPECT_FALSE(*is_password(kPassword, broken)) << broken;
    EXPECT_FALSE(*is_password("", broken)) << broken;
  }
  // Of the reference implementation's own tests.
  EXPECT_TRUE(*is_password(
      "password", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"));
}

TEST(Password, HasALengthAndIsNotTheFirstThatIsTried) {
  const auto refusal = [](const std::string& text, const char* user = "alice") {
    const auto checked = check_new_password(text, user);
    return checked ? "" : checked.error().code;
  };
  EXPECT_EQ(refusal(kPassword), "");
  EXPECT_EQ(refusal("klmqxvbnrtzw"), "");  // letters alone will do
  EXPECT_EQ(refusal("äöüßéèñçåøæœ"), "");
  EXPECT_EQ(refusal(std::string(1024, 'x') + "y"), "user.password");
  EXPECT_EQ(refusal(std::string(500, 'x') + " and " + std::string(500, 'y')), "");
  for (const char* bad : {"", "short", "elevenchars", "äöüßéèñçåøæ", "aaaaaaaaaaaa", "123456789012",
                          "abcdefghijkl", "abcabcabcabcabc", "zyxwvutsrqpo", "PasswordPassword",
                          "alicealicealice", "alice1234567", "1qaz2wsx3edc"}) {
    EXPECT_EQ(refusal(bad), "user.password") << bad;
  }
}

class LoginTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { spdlog::set_level(spdlog::level::off); }

  void SetUp() override {
    static const std::string hash = *hash_password(kPassword);
    for (const char* name : {"alice", "bob"}) {
      const Role role = name == std::string("alice") ? Role::kAdmin : Role::kOperator;
      ASSERT_TRUE(people_.users.add({.name = name, .role = role, .password = hash}, "local test", kNow));
    }
  }
  Request request(std::string method, std::string target, const Json& body = nullptr) const {
    return {.method = std::move(method),
            .target = std::move(target),
            .body = body.is_null() ? "" : body.dump(),
            .content_type = "application/json",
            .client = "192.0.2.1",
            .host = "fleet.example.org"};
  }
  Response log_in(const std::string& name, const std::string& password,
                  const std::string& client = "192.0.2.1") {
    Request asked = request("POST", "/api/v1/session", {{"name", name}, {"password", password}});
    asked.client = client;
    return api_.handle(asked);
  }
  /// As the browser does that has this cookie.
  Response as(const Response& session, std::string method, std::string target, const Json& body = nullptr) {
    Request asked = request(std::move(method), std::move(target), body);
    asked.cookie = cookie_of(session);
    asked.csrf_token = Json::parse(session.body).at("csrf");
    asked.origin = "https://fleet.example.org";
    asked.fetch_site = "same-origin";
    return api_.handle(asked);
  }
  static std::string cookie_of(const Response& response) {
    const std::string set = response.headers.at("Set-Cookie");
    return set.substr(0, set.find(';'));
  }
  static std::string code(const Response& response) {
    const auto json = Json::parse(response.body);
    return json.contains("error") ? json.at("error").at("code").get<std::string>() : "";
  }
  std::vector<std::string> log() {
    std::vector<std::string> told;
    const auto page = *tokens_.entries(INT64_MAX, 100);
    for (const auto& entry : page.items) {
      told.push_back(fmt::format("{} {} {} {}", entry.event.who, entry.event.action, entry.event.object,
                                 entry.event.result));
    }
    return told;
  }

  NewDatabase database_;
  Store store_ = *Store::open(database_);
  AccessStore tokens_ = *AccessStore::open(database_);
  People people_ = *People::open(database_, {}, {.https = true});
  Access access_{tokens_, {}, {}, &people_};
  Store::Time now_ = kNow;
  Api api_{{.store = store_, .access = access_, .people = &people_, .clock = [this] { return now_; }}};
};

TEST_F(LoginTest, ASessionOpensWhatItsUserMay) {
  const auto begun = log_in("bob", kPassword);
  ASSERT_EQ(begun.status, 200) << begun.body;
  const std::string cookie = begun.headers.at("Set-Cookie");
  EXPECT_TRUE(cookie.starts_with("__Host-suture-session=")) << cookie;
  for (const char* word : {"; Secure", "; HttpOnly", "; Path=/", "; SameSite=Strict", "; Max-Age=43200"}) {
    EXPECT_NE(cookie.find(word), std::string::npos) << cookie;
  }
  EXPECT_EQ(cookie.find("Domain"), std::string::npos);
  EXPECT_EQ(begun.headers.at("Cache-Control"), "no-store");
  const auto who = Json::parse(as(begun, "GET", "/api/v1/session").body);
  EXPECT_EQ(who.at("user"), "bob");
  EXPECT_EQ(who.at("role"), "operator");
  EXPECT_EQ(who.at("way"), "password");
  EXPECT_EQ(who.at("totp"), false);
  EXPECT_EQ(who.at("scopes").dump().find("tokens:manage"), std::string::npos);
  EXPECT_NE(who.at("scopes").dump().find("rollouts:write"), std::string::npos);
  EXPECT_EQ(who.at("csrf"), Json::parse(begun.body).at("csrf"));
  EXPECT_EQ(as(begun, "GET", "/api/v1/hosts").status, 200);
  EXPECT_EQ(code(as(begun, "GET", "/api/v1/tokens")), "access.role");
  EXPECT_EQ(api_.handle(request("GET", "/api/v1/hosts")).status, 401);
  const auto ended = as(begun, "DELETE", "/api/v1/session");
  EXPECT_EQ(ended.status, 200);
  EXPECT_NE(ended.headers.at("Set-Cookie").find("Max-Age=0"), std::string::npos);
  EXPECT_EQ(code(as(begun, "GET", "/api/v1/hosts")), "session.none");
  EXPECT_EQ(log().at(0), "user bob session.end  ok");
  EXPECT_EQ(log().at(2), "user bob session.begin by password from 192.0.2.1 ok");
  EXPECT_TRUE(tokens_.verify());
}

TEST_F(LoginTest, SaysTheSameWhateverIsWrong) {
  ASSERT_TRUE(*people_.users.change(2, {.disabled = true}, "local test", kNow));
  ASSERT_TRUE(people_.users.add({.name = "guest", .role = Role::kAdmin, .subject = "issuer guest"},
                                "local test", kNow));
  const auto wrong = log_in("alice", "another password");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_FALSE(wrong.headers.contains("Set-Cookie"));
  const std::vector<std::pair<std::string, std::string>> others{
      {"nobody", kPassword}, {"bob", kPassword}, {"alice", ""},
      {"guest", ""},         {"", ""},           {"alice", std::string(2000, 'a')}};
  for (const auto& [name, password] : others) {
    const auto other = log_in(name, password);
    EXPECT_EQ(other.status, wrong.status) << name;
    EXPECT_EQ(other.body, wrong.body) << name;
    EXPECT_EQ(other.headers, wrong.headers) << name;
  }
  // What was typed for a name that is none may be a password.
  EXPECT_EQ(log().at(5), "anonymous 192.0.2.1 session.begin no user session.refused");
  EXPECT_EQ(log().at(6), "anonymous 192.0.2.1 session.begin user alice session.refused");
}

TEST_F(LoginTest, TakesNoMalformedLogin) {
  const auto post = [&](std::string body, std::string type = "application/json") {
    Request asked = request("POST", "/api/v1/session");
    asked.body = std::move(body);
    asked.content_type = std::move(type);
    return api_.handle(asked);
  };
  for (const char* body :
       {"", "{", "[]", "7", R"({"name": "alice"})", R"({"name": 7, "password": "x"})",
        R"({"name": "alice", "password": null})", R"({"name": "a", "password": "b", "x": 1})"}) {
    EXPECT_EQ(code(post(body)), "user.schema") << body;
  }
  // What was typed comes back in no answer.
  EXPECT_EQ(post(R"({"name": "alice", "password": "the secret of alice")").body.find("secret"),
            std::string::npos);
  EXPECT_EQ(post(std::string(9000, ' ') + "{}").status, 413);
  EXPECT_EQ(post("name=alice&password=x", "application/x-www-form-urlencoded").status, 415);
  EXPECT_EQ(post("{}", "text/plain").status, 415);
}

TEST_F(LoginTest, OnlyOurPageChangesAnything) {
  const auto begun = log_in("alice", kPassword);
  const auto ask = [&](std::string csrf, std::string origin, std::string site) {
    Request asked = request("DELETE", "/api/v1/tokens/1");
    asked.cookie = cookie_of(begun);
    asked.csrf_token = std::move(csrf);
    asked.origin = std::move(origin);
    asked.fetch_site = std::move(site);
    return code(api_.handle(asked));
  };
  const std::string csrf = Json::parse(begun.body).at("csrf");
  EXPECT_EQ(ask(csrf, "https://fleet.example.org", "same-origin"), "token.unknown");
  EXPECT_EQ(ask(csrf, "", ""), "token.unknown");
  EXPECT_EQ(ask("", "https://fleet.example.org", "same-origin"), "session.csrf");
  EXPECT_EQ(ask(csrf.substr(1), "https://fleet.example.org", "same-origin"), "session.csrf");
  for (const char* origin :
       {"https://evil.example.org", "http://fleet.example.org", "https://fleet.example.org:8443", "null",
        "https://fleet.example.org.evil.org"}) {
    EXPECT_EQ(ask(csrf, origin, ""), "session.origin") << origin;
  }
  for (const char* site : {"cross-site", "same-site", "none", "SAME-ORIGIN"}) {
    EXPECT_EQ(ask(csrf, "", site), "session.origin") << site;
  }
  EXPECT_EQ(log().at(0), "user alice access.refused DELETE /api/v1/tokens/1 session.origin");
  // Nor does another page log somebody in as somebody else.
  Request login = request("POST", "/api/v1/session", {{"name", "alice"}, {"password", kPassword}});
  login.fetch_site = "cross-site";
  EXPECT_EQ(code(api_.handle(login)), "session.origin");
  // What a token may, no page asks for unasked.
  const auto token = *tokens_.add({.name = "ci", .role = Role::kAdmin}, "local test", kNow);
  Request by_token = request("DELETE", "/api/v1/tokens/9");
  by_token.authorization = "Bearer " + token.secret;
  by_token.origin = "https://evil.example.org";
  EXPECT_EQ(code(api_.handle(by_token)), "token.unknown");
}

TEST_F(LoginTest, ANewLoginHasANewSecret) {
  const auto first = log_in("alice", kPassword);
  Request again = request("POST", "/api/v1/session", {{"name", "alice"}, {"password", kPassword}});
  again.cookie = cookie_of(first);
  const auto second = api_.handle(again);
  EXPECT_EQ(second.status, 200);
  EXPECT_NE(cookie_of(first), cookie_of(second));
  EXPECT_EQ(as(first, "GET", "/api/v1/hosts").status, 401);
  EXPECT_EQ(as(second, "GET", "/api/v1/hosts").status, 200);
  // Nobody chooses the secret of a session.
  again.cookie = "__Host-suture-session=" + std::string(64, 'a');
  EXPECT_EQ(cookie_of(api_.handle(again)).find(std::string(64, 'a')), std::string::npos);
}

TEST_F(LoginTest, ANewPasswordEndsAllSessions) {
  const auto here = log_in("bob", kPassword);
  const auto there = log_in("bob", kPassword);
  const Json wanted{{"old", kPassword}, {"new", "rain falls on the other horse"}};
  EXPECT_EQ(
      code(as(here, "POST", "/api/v1/session/password", {{"old", "wrong"}, {"new", "does not matter here"}})),
      "session.refused");
  EXPECT_EQ(code(as(here, "POST", "/api/v1/session/password", {{"old", kPassword}, {"new", "short"}})),
            "user.password");
  EXPECT_EQ(as(here, "GET", "/api/v1/hosts").status, 200);
  EXPECT_EQ(as(here, "POST", "/api/v1/session/password", wanted).status, 200);
  EXPECT_EQ(as(here, "GET", "/api/v1/hosts").status, 401);
  EXPECT_EQ(as(there, "GET", "/api/v1/hosts").status, 401);
  EXPECT_EQ(log_in("bob", kPassword).status, 401);
  EXPECT_EQ(log_in("bob", "rain falls on the other horse").status, 200);
}

TEST_F(LoginTest, AdminsLookAfterUsers) {
  const auto alice = log_in("alice", kPassword);
  const auto made = as(alice, "POST", "/api/v1/users",
                       {{"name", "carol"}, {"role", "approver"}, {"password", "the password of carol"}});
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.body.find("argon2"), std::string::npos);
  EXPECT_EQ(log_in("carol", "the password of carol").status, 200);
  EXPECT_EQ(as(alice, "POST", "/api/v1/users",
               {{"name", "carol"}, {"role", "viewer"}, {"password", "the password of carol"}})
                .status,
            409);
  EXPECT_EQ(
      code(as(alice, "POST", "/api/v1/users", {{"name", "dave"}, {"role", "viewer"}, {"password", "short"}})),
      "user.password");
  const auto listed = Json::parse(as(alice, "GET", "/api/v1/users?limit=1&after=2").body);
  EXPECT_EQ(listed.at("users").at(0).at("name"), "carol");
  EXPECT_EQ(listed.dump().find("argon2"), std::string::npos);
  EXPECT_EQ(as(alice, "PATCH", "/api/v1/users/3", {{"disabled", true}}).status, 200);
  EXPECT_EQ(log_in("carol", "the password of carol").status, 401);
  EXPECT_EQ(
      as(alice, "PATCH", "/api/v1/users/3", {{"disabled", false}, {"password", "carol has another one"}})
          .status,
      200);
  const auto carol = log_in("carol", "carol has another one");
  EXPECT_EQ(carol.status, 200);
  EXPECT_EQ(Json::parse(as(alice, "DELETE", "/api/v1/users/3/sessions").body).at("ended"), 1);
  EXPECT_EQ(as(carol, "GET", "/api/v1/hosts").status, 401);
  EXPECT_EQ(code(as(alice, "PATCH", "/api/v1/users/1", {{"role", "viewer"}})), "user.last-admin");
  EXPECT_EQ(as(alice, "DELETE", "/api/v1/users/1").status, 409);
  EXPECT_EQ(code(as(alice, "PATCH", "/api/v1/users/3", Json::object())), "user.schema");
  for (const char* id : {"9", "0", "-1", "bob", "99999999999999999999"}) {
    EXPECT_EQ(code(as(alice, "DELETE", std::string("/api/v1/users/") + id)), "user.unknown") << id;
  }
  EXPECT_EQ(as(alice, "DELETE", "/api/v1/users/3").status, 200);
  EXPECT_EQ(log().at(0), "user alice user.remove user carol ok");
}

TEST_F(LoginTest, NobodyHandsOnMoreThanTheyHold) {
  static const std::string hash = *hash_password(kPassword);
  ASSERT_TRUE(people_.users.add({.name = "clerk",
                                 .role = Role::kAdmin,
                                 .scopes = std::vector{Scope::kUsersManage, Scope::kHostsRead},
                                 .password = hash},
                                "local test", kNow));
  const auto clerk = log_in("clerk", kPassword);
  const Json password = "the password of somebody";
  EXPECT_EQ(
      code(as(clerk, "POST", "/api/v1/users", {{"name", "x"}, {"role", "admin"}, {"password", password}})),
      "access.scope");
  // By another's password, second factor or role one would be that other.
  for (const Json& change : {Json{{"password", password}}, Json{{"totp", false}}, Json{{"disabled", true}}}) {
    EXPECT_EQ(code(as(clerk, "PATCH", "/api/v1/users/1", change)), "access.scope") << change;
  }
  EXPECT_EQ(code(as(clerk, "DELETE", "/api/v1/users/2")), "access.scope");
  EXPECT_EQ(code(as(clerk, "PATCH", "/api/v1/users/3", {{"scopes", nullptr}})), "access.scope");
  EXPECT_EQ(as(clerk, "POST", "/api/v1/users",
               {{"name", "x"}, {"role", "viewer"}, {"scopes", {"hosts:read"}}, {"password", password}})
                .status,
            201);
}

TEST_F(LoginTest, ATryIsCountedByAccountAndByAddress) {
  people_.throttle.limits = {.account = {.burst = 3, .refill = 60s}, .address = {.burst = 5, .refill = 10s}};
  ASSERT_EQ(log_in("alice", kPassword, "198.51.100.7").status, 200);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(log_in("alice", "wrong", fmt::format("192.0.2.{}", i)).status, 401);
  // The right one would do no better, and a name that is none no worse.
  const auto held = log_in("alice", kPassword, "192.0.2.9");
  EXPECT_EQ(held.status, 429);
  EXPECT_EQ(code(held), "session.throttled");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(log_in("nobody", "wrong", fmt::format("192.0.2.{}", i)).status, 401);
  EXPECT_EQ(log_in("nobody", "wrong", "192.0.2.9").body, held.body);
  // Whoever tries it on purpose does not keep out its owner, who comes from where they came from last.
  EXPECT_EQ(log_in("alice", kPassword, "198.51.100.7").status, 200);
  now_ += 60s;
  EXPECT_EQ(log_in("nobody", "wrong", "192.0.2.9").status, 401);
  EXPECT_EQ(log_in("nobody", "wrong", "192.0.2.9").status, 429);
  // One password for many names.
  for (int i = 0; i < 5; ++i) EXPECT_EQ(log_in(fmt::format("user{}", i), "wrong", "203.0.113.1").status, 401);
  EXPECT_EQ(log_in("user6", "wrong", "203.0.113.1").status, 429);
  EXPECT_EQ(log_in("bob", kPassword, "203.0.113.2").status, 200);
  now_ += 10s;
  EXPECT_EQ(log_in("bob", kPassword, "203.0.113.1").status, 200);
  // Another server with this database knows it, too.
  auto other = *LoginThrottle::open(database_.again());
  other.limits = people_.throttle.limits;
  EXPECT_TRUE(*other.take("bob", "203.0.113.1", false, now_));
  EXPECT_FALSE(*other.take("bob", "203.0.113.1", false, now_));
}

TEST_F(LoginTest, FailedLoginsDoNotFillTheDisk) {
  people_.throttle.limits = {.account = {.burst = 2, .refill = 60s}, .address = {.burst = 2, .refill = 60s}};
  for (int i = 0; i < 300; ++i) EXPECT_NE(log_in("alice", "wrong").status, 200);
  EXPECT_EQ(tokens_.verify()->number, 102);
}

TEST_F(LoginTest, ASecondFactorIsAskedForOnceItIsSetUp) {
  const auto code_at = [](const std::string& secret, Store::Time time) {
    return totp_code(secret,
                     std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count() / 30);
  };
  const auto bob = log_in("bob", kPassword);
  EXPECT_EQ(code(as(bob, "POST", "/api/v1/session/totp", {{"password", "wrong"}})), "session.refused");
  EXPECT_EQ(code(as(bob, "PUT", "/api/v1/session/totp", {{"code", "123456"}})), "user.code");
  EXPECT_EQ(code(as(bob, "PUT", "/api/v1/session/totp", {{"code", ""}})), "user.code");
  const auto offered = Json::parse(as(bob, "POST", "/api/v1/session/totp", {{"password", kPassword}}).body);
  const std::string secret = offered.at("secret");
  EXPECT_NE(offered.at("uri").get<std::string>().find("secret=" + secret), std::string::npos);
  EXPECT_TRUE(offered.at("qr").at("path").get<std::string>().starts_with("M4 4h7"));
  // It counts only once it was confirmed.
  EXPECT_EQ(log_in("bob", kPassword).status, 200);
  const std::string first = code_at(secret, now_);
  const auto confirmed = as(bob, "PUT", "/api/v1/session/totp", {{"code", first}});
  ASSERT_EQ(confirmed.status, 200) << confirmed.body;
  const auto recovery = Json::parse(confirmed.body).at("recovery_codes");
  EXPECT_EQ(recovery.size(), 10u);
  EXPECT_EQ(Json::parse(as(bob, "GET", "/api/v1/session").body).at("totp"), true);

  const auto log_in_with = [&](const Json& typed, const char* password = kPassword) {
    return api_.handle(
        request("POST", "/api/v1/session", {{"name", "bob"}, {"password", password}, {"code", typed}}));
  };
  const auto wrong = log_in("bob", "wrong");
  EXPECT_EQ(log_in("bob", kPassword).body, wrong.body);
  EXPECT_EQ(log_in_with("").body, wrong.body);
  EXPECT_EQ(log_in_with(first).body, wrong.body);  // it was used to confirm
  now_ += 60s;
  const std::string second = code_at(secret, now_);
  EXPECT_EQ(log_in_with(second, "wrong").status, 401);
  EXPECT_EQ(Json::parse(log_in_with(second).body).at("way"), "totp");
  EXPECT_EQ(log_in_with(second).status, 401);
  // One of the step before would still be good, but for the one that was used.
  EXPECT_EQ(log_in_with(code_at(secret, now_ - 30s)).status, 401);
  EXPECT_EQ(Json::parse(log_in_with(recovery.at(3)).body).at("way"), "recovery");
  EXPECT_EQ(log_in_with(recovery.at(3)).status, 401);
  now_ += 1h;
  EXPECT_EQ(log_in_with(recovery.at(4)).status, 200);
  EXPECT_TRUE(database_.holds("alice"));
  EXPECT_FALSE(database_.holds(recovery.at(5).get<std::string>()));

  const auto again = log_in_with(recovery.at(5));
  EXPECT_EQ(as(again, "DELETE", "/api/v1/session/totp", {{"password", "wrong"}}).status, 401);
  EXPECT_EQ(as(again, "DELETE", "/api/v1/session/totp", {{"password", kPassword}}).status, 200);
  EXPECT_EQ(as(again, "GET", "/api/v1/session").status, 401);
  EXPECT_EQ(log_in("bob", kPassword).status, 200);
  EXPECT_EQ(log_in_with(recovery.at(6)).status, 200);  // no code is wanted, whatever is typed
}

TEST_F(LoginTest, AnAdminTakesAwayASecondFactorThatIsLost) {
  ASSERT_TRUE(people_.users.offer_totp(2, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"));
  ASSERT_TRUE(*people_.users.take_totp(2, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 1, {}, "local test", kNow));
  EXPECT_EQ(log_in("bob", kPassword).status, 401);
  const auto alice = log_in("alice", kPassword);
  EXPECT_EQ(Json::parse(as(alice, "PATCH", "/api/v1/users/2", {{"totp", false}}).body).at("totp"), false);
  EXPECT_EQ(log_in("bob", kPassword).status, 200);
}

TEST_F(LoginTest, AServerMayWantASecondFactorOfEverybody) {
  people_.policy.require_totp = true;
  const auto bob = log_in("bob", kPassword);
  EXPECT_EQ(bob.status, 200);
  EXPECT_EQ(code(as(bob, "GET", "/api/v1/hosts")), "session.totp-required");
  EXPECT_EQ(code(as(bob, "POST", "/api/v1/wake")), "session.totp-required");
  EXPECT_EQ(as(bob, "POST", "/api/v1/session/totp", {{"password", kPassword}}).status, 200);
  ASSERT_TRUE(people_.users.offer_totp(2, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"));
  ASSERT_TRUE(*people_.users.take_totp(2, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 1, {}, "local test", kNow));
  EXPECT_EQ(as(bob, "GET", "/api/v1/hosts").status, 200);
  // Tokens are of programs, and single sign-on has its own.
  const auto token = *tokens_.add({.name = "ci"}, "local test", kNow);
  Request by_token = request("GET", "/api/v1/hosts");
  by_token.authorization = "Bearer " + token.secret;
  EXPECT_EQ(api_.handle(by_token).status, 200);
  const auto guest = *people_.users.add({.name = "guest", .role = Role::kViewer, .subject = "issuer guest"},
                                        "local test", kNow);
  Request by_guest = request("GET", "/api/v1/hosts");
  by_guest.cookie = "__Host-suture-session=" + *people_.sessions.begin(guest, "oidc", kNow);
  EXPECT_EQ(api_.handle(by_guest).status, 200);
}

TEST_F(LoginTest, InTheClearOnlyWithinTheMachine) {
  people_.policy = {};
  const auto from = [&](std::string client, std::string host) {
    Request asked = request("POST", "/api/v1/session", {{"name", "bob"}, {"password", kPassword}});
    asked.client = std::move(client);
    asked.host = std::move(host);
    return api_.handle(asked);
  };
  for (const auto& [client, host] : {std::pair{"127.0.0.1", "127.0.0.1:8480"},
                                     {"::1", "[::1]:8480"},
                                     {"127.0.0.1", "localhost:8480"},
                                     {"::ffff:127.0.0.1", "localhost"}}) {
    const auto begun = from(client, host);
    ASSERT_EQ(begun.status, 200) << client << begun.body;
    EXPECT_TRUE(begun.headers.at("Set-Cookie").starts_with("suture-session="));
    EXPECT_EQ(begun.headers.at("Set-Cookie").find("Secure"), std::string::npos);
  }
  for (const auto& [client, host] : {std::pair{"192.0.2.1", "127.0.0.1"},
                                     {"127.0.0.1", "fleet.example.org"},
                                     {"127.0.0.1", "127.0.0.1.example.org"},
                                     {"127.0.0.1", ""}}) {
    EXPECT_EQ(code(from(client, host)), "session.insecure") << client << " " << host;
  }
  people_.policy.public_url = "https://fleet.example.org";
  EXPECT_TRUE(
      from("127.0.0.1", "backend:8480").headers.at("Set-Cookie").starts_with("__Host-suture-session="));
}

TEST(SessionGate, FindsItsCookieAmongOthers) {
  const std::string secret(64, 'a');
  const LoginPolicy secure{.https = true};
  const auto found = [&](const std::string& cookie) {
    Request request;
    request.cookie = cookie;
    return std::string(session_secret(request, secure));
  };
  EXPECT_EQ(found("__Host-suture-session=" + secret), secret);
  EXPECT_EQ(found("a=b; __Host-suture-session=" + secret + "; c=d"), secret);
  for (const std::string& none :
       {std::string(), "suture-session=" + secret, "__Host-suture-session=" + secret + "0",
        "__host-suture-session=" + secret, "x__Host-suture-session=" + secret,
        std::string("__Host-suture-session="), std::string(";;;; ;=;"), "a=__Host-suture-session=" + secret,
        std::string(20'000, ';')}) {
    EXPECT_EQ(found(none), "") << none;
  }
}

TEST(ClientAddress, BelievesItsProxiesAndNobodyElse) {
  const std::vector<std::string> proxies{"192.0.2.1", "2001:db8::1"};
  EXPECT_EQ(client_address("203.0.113.9", "198.51.100.7", proxies), "203.0.113.9");
  EXPECT_EQ(client_address("203.0.113.9", "198.51.100.7", {}), "203.0.113.9");
  EXPECT_EQ(client_address("192.0.2.1", "", proxies), "192.0.2.1");
  EXPECT_EQ(client_address("192.0.2.1", "198.51.100.7", proxies), "198.51.100.7");
  EXPECT_EQ(client_address("::ffff:192.0.2.1", "198.51.100.7", proxies), "198.51.100.7");
  // Only the last is the proxy's own word; in front of it stands what the client has sent.
  EXPECT_EQ(client_address("192.0.2.1", "127.0.0.1, 198.51.100.7", proxies), "198.51.100.7");
  EXPECT_EQ(client_address("192.0.2.1", "127.0.0.1, 198.51.100.7, 2001:db8::1", proxies), "198.51.100.7");
  EXPECT_EQ(client_address("192.0.2.1", "198.51.100.7,nonsense", proxies), "192.0.2.1");
  EXPECT_EQ(client_address("192.0.2.1", " , ,", proxies), "192.0.2.1");
  EXPECT_EQ(plain_address(" ::FFFF:192.0.2.1 "), "192.0.2.1");
  EXPECT_EQ(plain_address("2001:DB8:0::1"), "2001:db8::1");
  for (const char* none : {"", " ", "localhost", "192.0.2.1:80", "[::1]", "192.0.2.256"}) {
    EXPECT_EQ(plain_address(none), "") << none;
  }
}

}  // namespace
}  // namespace suture::server
