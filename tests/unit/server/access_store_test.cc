// SPDX-License-Identifier: Apache-2.0
#include "server/access/access_store.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/hash.h"
#include "database.h"
#include "server/access/access_json.h"

namespace suture::server {
namespace {

using namespace std::chrono_literals;

const Store::Time kNow{1'800'000'000s};

/// Somebody who knows the database and means no good.
struct Intruder {
  const NewDatabase& database;
  bool does(const std::string& sql) const { return database.execute(sql); }
  bool does(const std::string& sqlite, const std::string& postgresql) const {
    return database.execute(sqlite, postgresql);
  }
};

class AccessStoreTest : public testing::Test {
 protected:
  AddedToken add(std::string name, Role role = Role::kViewer, Scopes scopes = {}) {
    auto added =
        store_.add({.name = std::move(name), .role = role, .scopes = std::move(scopes)}, "local test", kNow);
    EXPECT_TRUE(added) << added.error().message();
    return *added;
  }
  std::string refusal(NewToken wanted) {
    const auto added = store_.add(wanted, "local test", kNow);
    return added ? "" : added.error().code;
  }
  std::string verdict() {
    const auto verified = store_.verify();
    return verified ? "" : verified.error().code + ": " + verified.error().why;
  }

  NewDatabase database_;
  AccessStore store_ = *AccessStore::open(database_);
};

TEST_F(AccessStoreTest, FindsATokenByItsSecretOnly) {
  EXPECT_FALSE(*store_.any_token());
  const auto added = add("ci", Role::kOperator, std::vector{Scope::kWake});
  EXPECT_TRUE(*store_.any_token());
  EXPECT_TRUE(looks_like_secret(added.secret));
  const auto found = *store_.find(added.secret);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "ci");
  EXPECT_EQ(found->role, Role::kOperator);
  EXPECT_EQ(found->scopes, (std::vector{Scope::kWake}));
  EXPECT_EQ(found->created_at, "2027-01-15T08:00:00Z");
  std::string other = added.secret;
  other.back() = other.back() == '0' ? '1' : '0';
  EXPECT_FALSE(*store_.find(other));
  const std::string digits = added.secret.substr(added.secret.rfind('_') + 1);
  EXPECT_FALSE(*store_.find("suture_2_" + digits));
  EXPECT_FALSE(*store_.find("suture_01_" + digits));
}

TEST_F(AccessStoreTest, TakesNothingElseForASecret) {
  const std::string digits(64, '0');
  for (const std::string& text :
       {std::string(), std::string("suture_"), "suture_1" + digits, "suture__" + digits,
        "suture_-1_" + digits, "suture_0_" + digits, "suture_1x_" + digits,
        "suture_99999999999999999999_" + digits, "suture_1_" + digits + "0", "Suture_1_" + digits,
        "suture_1_" + std::string(64, 'A'), std::string("suture_1_\0", 10) + digits,
        std::string(100'000, '_')}) {
    EXPECT_FALSE(looks_like_secret(text)) << text;
    EXPECT_FALSE(*store_.find(text)) << text;
  }
}

TEST_F(AccessStoreTest, KeepsTheHashAndNotTheSecret) {
  const auto secret = add("ci").secret;
  std::string bytes;
  if (on_postgresql()) {
    auto raw = database_.raw();
    auto rows = *raw.prepare("SELECT name || hash || role || scopes FROM tokens");
    while (*rows.step()) bytes += rows.text(0);
  } else {
    ASSERT_TRUE(database_.execute("PRAGMA wal_checkpoint(TRUNCATE)"));
    bytes = *read_text_file(database_.where().file());
  }
  EXPECT_EQ(bytes.find(secret.substr(secret.rfind('_') + 1)), std::string::npos);
  EXPECT_NE(bytes.find(sha256_hex(as_bytes(secret))), std::string::npos);
}

TEST_F(AccessStoreTest, RefusesWhatMakesNoSense) {
  for (const char* name : {"", "7", "-x", "a b", "a\n", "\xff", "a/b"}) {
    EXPECT_EQ(refusal({.name = name}), "token.name") << name;
  }
  EXPECT_EQ(refusal({.name = std::string(65, 'a')}), "token.name");
  EXPECT_EQ(refusal({.name = "a", .scopes = std::vector<Scope>()}), "token.scopes");
  EXPECT_EQ(refusal({.name = "a", .scopes = std::vector{Scope::kWake}}), "token.scopes");
  for (const char* end :
       {"tomorrow", "2027-01-15T08:00:00Z", "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"}) {
    EXPECT_EQ(refusal({.name = "a", .expires_at = end}), "token.expires") << end;
  }
  EXPECT_FALSE(*store_.any_token());
  EXPECT_TRUE(store_.entries(INT64_MAX, 10)->items.empty());
  add("a");
  EXPECT_EQ(refusal({.name = "a"}), "token.exists");
}

TEST_F(AccessStoreTest, RevokesForEver) {
  const auto added = add("ci");
  const auto revoked = *store_.revoke(added.token.id, "local test", kNow + 1h);
  ASSERT_TRUE(revoked);
  EXPECT_EQ(revoked->revoked_at, "2027-01-15T09:00:00Z");
  EXPECT_EQ((*store_.revoke(added.token.id, "local test", kNow + 2h))->revoked_at, "2027-01-15T09:00:00Z");
  EXPECT_TRUE((*store_.find(added.secret))->revoked());
  EXPECT_FALSE(*store_.revoke(99, "local test", kNow));
  // The name is free again, and the server does not open.
  EXPECT_FALSE(*store_.named("ci"));
  EXPECT_EQ(add("ci").token.id, 2);
  EXPECT_TRUE(*AccessStore::open(database_.again())->any_token());
  EXPECT_EQ(store_.entries(INT64_MAX, 10)->items.size(), 3u);
}

TEST_F(AccessStoreTest, NotesItsUseOnceAMinute) {
  const auto added = add("ci");
  const auto last = [&] { return (*store_.find(added.secret))->last_used_at; };
  const auto use = [&](Store::Time now) { ASSERT_TRUE(store_.note_use(**store_.find(added.secret), now)); };
  use(kNow);
  use(kNow + 59s);
  EXPECT_EQ(last(), "2027-01-15T08:00:00Z");
  use(kNow + 60s);
  EXPECT_EQ(last(), "2027-01-15T08:01:00Z");
  use(kNow);  // a clock that was set back
  EXPECT_EQ(last(), "2027-01-15T08:00:00Z");
}

TEST_F(AccessStoreTest, PagesTokensAndEntries) {
  for (const char* name : {"a", "b", "c"}) add(name);
  const auto first = *store_.tokens(0, 2);
  EXPECT_EQ(first.items.size(), 2u);
  EXPECT_TRUE(first.more);
  EXPECT_EQ(store_.tokens(2, 2)->items.at(0).name, "c");
  EXPECT_FALSE(store_.tokens(2, 2)->more);
  const auto newest = *store_.entries(INT64_MAX, 2);
  EXPECT_EQ(newest.items.at(0).number, 3);
  EXPECT_TRUE(newest.more);
  EXPECT_EQ(store_.entries(2, 2)->items.at(0).event.object, "token 1 a, viewer");
}

TEST_F(AccessStoreTest, TheDatabaseRefusesToForget) {
  add("ci");
  const Intruder intruder{database_};
  for (const char* sql :
       {"UPDATE audit_log SET who = 'nobody'", "UPDATE audit_log SET number = 5", "DELETE FROM audit_log",
        "DELETE FROM audit_log WHERE number = 1",
        "INSERT INTO audit_log VALUES (7, 't', 'w', 'a', 'o', 'r', 'h')", "DELETE FROM tokens",
        "UPDATE tokens SET role = 'admin'", "UPDATE tokens SET expires_at = NULL"}) {
    EXPECT_FALSE(intruder.does(sql)) << sql;
  }
  EXPECT_FALSE(intruder.does("INSERT OR REPLACE INTO audit_log VALUES (1, 't', 'w', 'a', 'o', 'r', 'h')",
                             "INSERT INTO audit_log VALUES (1, 't', 'w', 'a', 'o', 'r', 'h')"
                             " ON CONFLICT (number) DO UPDATE SET who = excluded.who"));
  EXPECT_FALSE(
      intruder.does("INSERT OR REPLACE INTO tokens VALUES (1, 'x', 'h', 'admin', '', 't', NULL, NULL, NULL)",
                    "INSERT INTO tokens VALUES (1, 'x', 'h', 'admin', '', 't', NULL, NULL, NULL)"
                    " ON CONFLICT (id) DO UPDATE SET role = excluded.role"));
  EXPECT_FALSE(
      intruder.does("INSERT OR REPLACE INTO tokens VALUES (9, 'ci', 'h', 'admin', '', 't', NULL, NULL, NULL)",
                    "INSERT INTO tokens VALUES (9, 'ci', 'h', 'admin', '', 't', NULL, NULL, NULL)"));
  EXPECT_FALSE(intruder.does("DELETE FROM audit_log", "TRUNCATE audit_log"));
  EXPECT_FALSE(intruder.does("DELETE FROM tokens", "TRUNCATE tokens CASCADE"));
  ASSERT_TRUE(store_.revoke(1, "local test", kNow));
  EXPECT_FALSE(intruder.does("UPDATE tokens SET revoked_at = NULL"));
  EXPECT_EQ(verdict(), "");
}

TEST_F(AccessStoreTest, TheChainTellsWhatWasChanged) {
  for (const char* name : {"a", "b", "c", "d"}) add(name);
  const auto mark = *store_.verify();
  EXPECT_EQ(mark.number, 4);
  const Intruder intruder{database_};
  ASSERT_TRUE(
      intruder.does("DROP TRIGGER audit_log_is_fixed; DROP TRIGGER audit_log_stays;"
                    "DROP TRIGGER audit_log_grows; CREATE TABLE kept AS SELECT * FROM audit_log",
                    "DROP FUNCTION audit_log_is_fixed CASCADE; DROP FUNCTION audit_log_stays CASCADE;"
                    "DROP FUNCTION audit_log_grows CASCADE; CREATE TABLE kept AS SELECT * FROM audit_log"));
  struct Case {
    const char* sql;
    const char* told;
  };
  for (const Case& each :
       {Case{"UPDATE audit_log SET who = 'x' WHERE number = 2", "entry 2 is not as"},
        Case{"UPDATE audit_log SET time = '' WHERE number = 1", "entry 1 is not as"},
        Case{"UPDATE audit_log SET action = 'x' WHERE number = 4", "entry 4 is not as"},
        Case{"UPDATE audit_log SET object = 'x' || object WHERE number = 3", "entry 3 is not as"},
        Case{"UPDATE audit_log SET result = 'no' WHERE number = 3", "entry 3 is not as"},
        Case{"UPDATE audit_log SET hash = upper(hash) WHERE number = 3", "entry 3 is not as"},
        Case{"DELETE FROM audit_log WHERE number = 1", "entry 1 is missing"},
        Case{"DELETE FROM audit_log WHERE number = 3", "entry 3 is missing"},
        Case{"DELETE FROM audit_log WHERE number = 4", "ends with entry 3"},
        Case{"DELETE FROM audit_log", "ends with entry 0"},
        Case{"DELETE FROM audit_log WHERE number = 2;"
             "UPDATE audit_log SET number = number - 1 WHERE number > 2",
             "entry 2 is not as"},
        // Text may move from one field to the next without changing what stands in a row.
        Case{"UPDATE audit_log SET who = who || 't', action = substr(action, 2) WHERE number = 2",
             "entry 2 is not as"}}) {
    ASSERT_TRUE(intruder.does(each.sql)) << each.sql;
    const std::string said = verdict();
    EXPECT_TRUE(said.starts_with("access.audit-broken")) << each.sql;
    EXPECT_NE(said.find(each.told), std::string::npos) << each.sql << ": " << said;
    ASSERT_TRUE(intruder.does("DELETE FROM audit_log; INSERT INTO audit_log SELECT * FROM kept"));
    EXPECT_EQ(verdict(), "");
  }
}

TEST_F(AccessStoreTest, AMarkTellsWhatWasMadeAnew) {
  for (const char* name : {"a", "b"}) add(name);
  const auto mark = *store_.verify();
  add("c");
  EXPECT_TRUE(store_.verify(mark));
  EXPECT_EQ(*parse_audit_mark(text_of(mark)), mark);
  // The end cut off, and the database's own count with it.
  const Intruder intruder{database_};
  ASSERT_TRUE(
      intruder.does("DROP TRIGGER audit_log_stays; DELETE FROM audit_log WHERE number > 1;"
                    "UPDATE sqlite_sequence SET seq = 1 WHERE name = 'audit_log';"
                    "UPDATE audit_end SET number = 1",
                    "DROP FUNCTION audit_log_stays CASCADE; DELETE FROM audit_log WHERE number > 1;"
                    "UPDATE audit_end SET number = 1"));
  EXPECT_TRUE(store_.verify());
  EXPECT_EQ(store_.verify(mark).error().code, "access.audit-broken");
  add("d");
  EXPECT_EQ(store_.verify(mark).error().code, "access.audit-broken");
}

TEST(AuditMark, IsReadStrictly) {
  const std::string hash(64, 'a');
  for (const std::string& text :
       {std::string(), std::string("1"), std::string("1:"), ":" + hash, "0:" + hash, "-1:" + hash,
        "1:" + hash + "a", "1x:" + hash, "99999999999999999999:" + hash}) {
    EXPECT_FALSE(parse_audit_mark(text)) << text;
  }
}

TEST_F(AccessStoreTest, EntriesAreBoundedText) {
  ASSERT_TRUE(store_.record({"w\xff", std::string(10'000, 'a'), "\xc3\xa4", ""}, kNow));
  const auto event = store_.entries(INT64_MAX, 1)->items.at(0).event;
  EXPECT_EQ(event.who, "w\xEF\xBF\xBD");
  EXPECT_EQ(event.action.size(), 512u);
  EXPECT_EQ(event.object, "\xc3\xa4");
  EXPECT_EQ(verdict(), "");
}

TEST_F(AccessStoreTest, WhatItDoesNotKnowAllowsNothing) {
  EXPECT_FALSE(*store_.any_token());
  const Intruder intruder{database_};
  const std::string secret = "suture_1_" + std::string(64, '0');
  const std::string hash = sha256_hex(as_bytes(secret));
  ASSERT_TRUE(intruder.does("INSERT INTO tokens VALUES (1, 'a', '" + hash +
                            "', 'god', '', 't', 'soon', NULL, NULL)"));
  const auto token = *store_.find(secret);
  ASSERT_TRUE(token);
  EXPECT_TRUE(token->expired(kNow));
  for (const Scope scope : kScopes) EXPECT_FALSE(allows(token->role, token->scopes, scope));
}

TEST_F(AccessStoreTest, TwoAtOnceKeepOneChain) {
  auto other = *AccessStore::open(database_.again());
  add("a");
  ASSERT_TRUE(other.record({"w", "a", "o", "ok"}, kNow));
  add("b");
  EXPECT_EQ(store_.verify()->number, 3);
  EXPECT_EQ(other.verify()->number, 3);
}

TEST(NewTokens, AreReadStrictly) {
  const auto good =
      parse_new_token(R"({"name": "a", "role": "operator", "scopes": ["wake", "wake"], "expires_at": null})");
  ASSERT_TRUE(good) << good.error().message();
  EXPECT_EQ(good->scopes, (std::vector{Scope::kWake}));
  for (const char* text :
       {"", "[]", "{}", R"({"name": "a"})", R"({"name": 1, "role": "viewer"})",
        R"({"name": "a", "role": "god"})", R"({"name": "a", "role": "viewer", "scopes": "wake"})",
        R"({"name": "a", "role": "viewer", "scopes": [1]})",
        R"({"name": "a", "role": "viewer", "scopes": ["all"]})",
        R"({"name": "a", "role": "viewer", "id": 1})", R"({"name": "a", "role": "viewer", "expires_at": 5})",
        R"({"name": "a", "role": "viewer", "expires_at": ""})",
        R"({"name": "a", "name": "b", "role": "viewer"})"}) {
    EXPECT_FALSE(parse_new_token(text)) << text;
  }
  EXPECT_EQ(parse_new_token(std::string(5000, ' ')).error().code, "json.too-large");
}

}  // namespace
}  // namespace suture::server
